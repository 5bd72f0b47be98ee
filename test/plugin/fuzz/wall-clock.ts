import fs, { type Stats } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Its functions can be replaced, which the types deny. */
const writable: { statSync: typeof fs.statSync } = fs

/** From `at` of real time on, the clock shows `offset` milliseconds more than that. */
interface Step {
  readonly at: number
  readonly offset: number
}

/**
 * The wall clock as a search sees it: what `Date.now()` says, and what the files
 * that are changed from now on are stamped with. Setting the real one needs root
 * and hurts the machine.
 */
export class WallClock {
  readonly #steps: Step[] = []
  readonly #tick: number
  readonly #now: () => number = Date.now
  readonly #statSync: typeof fs.statSync = fs.statSync

  /** @param tick the coarseness of the file system's stamps in milliseconds; 0 for this one's own */
  constructor(tick = 0) {
    this.#tick = tick
    Date.now = () => Math.floor(this.#shown(this.#now()))
    writable.statSync = ((path: string, options?: object) => {
      const stats = this.#statSync(path, options) as Stats | undefined
      return stats && this.#stamped(stats)
    }) as typeof fs.statSync
    syncBuiltinESMExports()
  }

  /** Sets the clock to `offset` milliseconds beside the right time. */
  set(offset: number): void {
    if (offset === (this.#steps.at(-1)?.offset ?? 0)) return
    const at = this.#now()
    // The kernel's stamps lag behind by up to a tick of its own.
    while (this.#now() <= at + 12);
    this.#steps.push({ at, offset })
  }

  /** Gives the process its own clock back. */
  restore(): void {
    Date.now = this.#now
    writable.statSync = this.#statSync
    syncBuiltinESMExports()
  }

  #shown(real: number): number {
    return real + (this.#steps.findLast(({ at }) => at <= real)?.offset ?? 0)
  }

  #stamped(stats: Stats): Stats {
    const stamp = (real: number): number => {
      const shown = this.#shown(real)
      return this.#tick === 0 ? shown : Math.floor(shown / this.#tick) * this.#tick
    }
    return Object.assign(stats, { mtimeMs: stamp(stats.mtimeMs), ctimeMs: stamp(stats.ctimeMs) })
  }
}
