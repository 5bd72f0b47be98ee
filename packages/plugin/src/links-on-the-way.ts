import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'

/** A symbolic link as it was when it was passed. */
export interface PassedLink {
  /** What is written in it. */
  readonly target: string
  readonly ctimeMs: number
}

/** How a path is reached. */
interface Way {
  readonly links: ReadonlyMap<string, PassedLink>
  /** Where it really is; `undefined` when nothing is there. */
  readonly real: string | undefined
}

/**
 * Tells which symbolic links lead to a path: its own, those in the directories
 * above it, and those that these lead to. Each path is looked at once.
 */
export class LinksOnTheWay {
  readonly #known = new Map<string, Way>()

  /** The links that are passed on the way to an absolute path; what isn't there is none. */
  to(path: string): ReadonlyMap<string, PassedLink> {
    return this.#way(path).links
  }

  /**
   * True for a link to a package somebody works on, or to nothing yet: it changes
   * without `node_modules` changing.
   */
  leadsOut(link: string): boolean {
    const { real } = this.#way(link)
    return real === undefined || !real.includes(`${sep}node_modules${sep}`)
  }

  #way(path: string): Way {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const above = dirname(path)
    if (above === path) return this.#found(path, { links: new Map(), real: path })
    const { links, real } = this.#way(above)
    // Links that lead around in a circle end here.
    this.#known.set(path, { links, real: undefined })
    const stats = statsOf(path)
    const target = stats?.isSymbolicLink() ? targetOf(path) : undefined
    if (stats === undefined || target === undefined) {
      const isThere = stats !== undefined && real !== undefined
      return this.#found(path, { links, real: isThere ? join(real, basename(path)) : undefined })
    }
    const next = this.#way(resolve(real ?? above, target))
    const passed = new Map([...links, [path, { target, ctimeMs: stats.ctimeMs }], ...next.links])
    return this.#found(path, { links: passed, real: next.real })
  }

  #found(path: string, way: Way): Way {
    this.#known.set(path, way)
    return way
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
