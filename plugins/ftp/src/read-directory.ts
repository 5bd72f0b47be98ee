import type { Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HeldDirectory } from './held-directory.ts'
import type { Root, Sight } from './served-root.ts'
import { isPossible } from './virtual-path.ts'

/** A name with what it is. */
export interface Entry {
  readonly name: string
  readonly stats: Stats
}

/** How many are looked at at a time. */
const AT_ONCE = 32

/**
 * What is in a directory, by name. A link inside the root is what it leads to; one that leads
 * out of it, or nowhere, is left out, and so is a name that no line can hold.
 *
 * @param real - its path without links
 * @throws the system's error
 */
export async function* readDirectory(
  root: Root,
  real: string,
  sight: Sight,
): AsyncGenerator<Entry[]> {
  const directory = await HeldDirectory.open(real)
  try {
    const names = (await readdir(directory.at('')))
      .filter((name) => isPossible(name) && (sight.seesHidden || !name.startsWith('.')))
      .sort()
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const some = names.slice(at, at + AT_ONCE).map((name) => entryOf(directory, name))
      yield (await Promise.all(some)).filter((entry) => entry !== undefined)
    }
  } finally {
    await directory.close()
  }

  async function entryOf(directory: HeldDirectory, name: string): Promise<Entry | undefined> {
    try {
      const stats = await lstat(directory.at(name))
      if (!stats.isSymbolicLink()) return { name, stats }
      const linked = await root.lookThrough(join(real, name), sight)
      return linked && { name, stats: linked }
    } catch {
      // It has gone meanwhile.
      return undefined
    }
  }
}
