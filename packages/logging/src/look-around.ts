import type { LiveFile } from './live-file.ts'

/** After so many bytes, or a sixteenth of the largest size, and after so many ms. */
const BYTES = 16_384
const MILLISECONDS = 10

/**
 * Says when to look what other processes have done with the log file: how far a
 * file may grow beyond its size, and how long lines may still go to a file that
 * another process has rotated, depends on it. A look costs about as much as a line.
 *
 * @internal
 */
export class LookAround {
  readonly #live: LiveFile
  #rotatable: boolean
  #size = 0
  #bytes = 0
  #time = Number.NEGATIVE_INFINITY

  constructor(live: LiveFile) {
    this.#live = live
    this.#rotatable = live.rotatable
  }

  /** @param time of the event that is to be written next; the clock may have been set back */
  isDue(time: number): boolean {
    if (!this.#rotatable) return false
    const passed = time - this.#time
    const written = this.#live.size - this.#size
    return written >= this.#bytes || written < 0 || passed >= MILLISECONDS || passed < 0
  }

  looked(time: number, maxSize: number): void {
    // A plain file may have come after a fifo, or the other way round.
    this.#rotatable = this.#live.rotatable
    this.#time = time
    this.#size = this.#live.size
    this.#bytes = Math.min(BYTES, Math.ceil(maxSize / 16))
  }
}
