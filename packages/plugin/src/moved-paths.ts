import { dirname } from 'node:path'
import { isRacy, statsOf } from './file-key.ts'

/**
 * Tells what may have been elsewhere while somebody looked: a directory that is
 * moved takes its files along, and their keys with them. It gets a new ctime
 * itself, other than by what comes and goes in it, which sets its mtime too.
 */
export class MovedPaths {
  readonly #lookedAt: number
  readonly #known = new Map<string, boolean>()

  /** @param lookedAt when somebody began to look */
  constructor(lookedAt: number) {
    this.#lookedAt = lookedAt
  }

  /** True when a directory above a path was moved since. */
  has(path: string): boolean {
    const dir = dirname(path)
    const known = this.#known.get(dir)
    if (known !== undefined) return known
    const isMoved = this.#isMoved(dir) || (dir !== dirname(dir) && this.has(dir))
    this.#known.set(dir, isMoved)
    return isMoved
  }

  #isMoved(dir: string): boolean {
    const stats = statsOf(dir)
    if (stats === undefined) return false
    return stats.ctimeMs !== stats.mtimeMs && isRacy(stats.ctimeMs, this.#lookedAt)
  }
}
