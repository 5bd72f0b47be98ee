import { readdirSync } from 'node:fs'
import { readPlainFile } from './read-plain-file.ts'

/**
 * What tells one content from another on any machine: a digest of a file's
 * bytes, or of the names in a directory but for hidden ones; `null` when nothing
 * can be read. What is shipped is held by it: unpacking changes all that the
 * status of a file says.
 */
export function contentKey(path: string): string | null {
  try {
    return digest(readPlainFile(path, { follow: true }) ?? namesIn(path))
  } catch {
    return null
  }
}

function namesIn(dir: string): string {
  const names = readdirSync(dir).filter((name) => !name.startsWith('.'))
  return names.sort().join('\n')
}

/** Loaded when it is needed, which on a warm path it isn't. */
function digest(content: Buffer | string): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  return `sha256-${createHash('sha256').update(content).digest('base64')}`
}
