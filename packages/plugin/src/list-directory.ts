import { type Dirent, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileKey, statsOf } from './file-key.ts'
import { linkKey } from './link-key.ts'

/** The module files that can be dropins. */
export const DROPIN_FILE: RegExp = /^(?!.*\.d\.[cm]?ts$).+\.[cm]?[jt]s$/s

/** What is in a directory, sorted, links followed. */
export interface Listing {
  readonly files: readonly string[]
  readonly dirs: readonly string[]
  /** Those of both that are links. */
  readonly links: ReadonlySet<string>
}

/** Lists the dropin files and the directories in a directory; nothing in one that isn't there. */
export function listDirectory(dir: string): Listing {
  const files: string[] = []
  const dirs: string[] = []
  const links = new Set<string>()
  for (const entry of entriesOf(dir)) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const isLink = entry.isSymbolicLink()
    const target = isLink ? statsOf(join(dir, entry.name)) : entry
    if (isLink) links.add(entry.name)
    // What a dangling link is to lead to may come.
    if (target === undefined || target.isDirectory()) dirs.push(entry.name)
    else if (target.isFile() && DROPIN_FILE.test(entry.name)) files.push(entry.name)
  }
  return { files: files.sort(), dirs: dirs.sort(), links }
}

/** True for a link that is called as a dropin and leads to nothing, and still does. */
export function isDanglingDropin(path: string): boolean {
  if (!DROPIN_FILE.test(basename(path))) return false
  const target = linkKey(path)
  return target !== null && fileKey(path) === null && target === linkKey(path)
}

function entriesOf(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch {
    // Not there, no directory, or not for us to read: nothing is in it.
    return []
  }
}
