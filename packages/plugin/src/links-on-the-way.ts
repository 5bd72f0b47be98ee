import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Tells which symbolic links lead to a path: its own, those in the directories
 * above it, and those that these lead to. Each path is looked at once.
 */
export class LinksOnTheWay {
  readonly #known = new Map<string, ReadonlySet<string>>()
  readonly #real = new Map<string, string>()

  /** The links that are passed on the way to an absolute path; what isn't there is none. */
  to(path: string): ReadonlySet<string> {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const above = dirname(path)
    const before: ReadonlySet<string> = above === path ? new Set() : this.to(above)
    // Links that lead around in a circle end here.
    this.#known.set(path, before)
    const target = targetOf(path)
    if (target === undefined) return before
    const links = new Set([
      ...before,
      path,
      ...this.to(resolve(this.#realDirectory(above), target)),
    ])
    this.#known.set(path, links)
    return links
  }

  /** Where links in a directory begin that are written from there. */
  #realDirectory(dir: string): string {
    const real = this.#real.get(dir) ?? realOf(dir)
    this.#real.set(dir, real)
    return real
  }
}

function targetOf(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats?.isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}

function realOf(dir: string): string {
  try {
    // One call to the system, where the other looks at each name by itself.
    return realpathSync.native(dir)
  } catch {
    return dir
  }
}
