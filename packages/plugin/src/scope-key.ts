import { readPlainFile } from './read-plain-file.ts'

const SCOPE = 'scope:'

/** What Node asks a package.json for. */
const FIELDS = ['name', 'type', 'main', 'exports', 'imports']

/**
 * What tells how a package.json lets files be found and taken, whatever else is
 * in it: publishing may change the rest. `null` when nothing can be read.
 */
export function scopeKey(path: string): string | null {
  try {
    const manifest = JSON.parse(readPlainFile(path, { follow: true })?.toString() ?? '')
    // Loaded when it is needed, which on a warm path it isn't.
    const { createHash } = process.getBuiltinModule('node:crypto')
    const said = JSON.stringify(FIELDS.map((field) => manifest[field]))
    return `${SCOPE}${createHash('sha256').update(said).digest('base64')}`
  } catch {
    return null
  }
}

export function isScopeKey(key: string): boolean {
  return key.startsWith(SCOPE)
}
