/** The first wait of a row, in seconds; each further one is twice as long. */
export const FIRST_WAIT = 0.1

/** A worker that has served so long, in seconds, begins a new row. */
export const WHILE = 10

/** As many restarts in a row are tried. */
export const MOST_RESTARTS = 7

/**
 * When to start a worker again that has ended: after a wait that doubles with each
 * restart in a row, and of which a random part is left out, up to half of it, so
 * that workers that failed together don't come back together.
 *
 * The libraries for this call a function until it succeeds; a worker has succeeded
 * only when it has lived for a while, so all that they could do here is this sum.
 */
export class Restarts {
  /** Since the beginning. */
  total = 0
  #inRow = 0
  readonly #random: () => number

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /**
   * One has ended.
   *
   * @param served seconds; 0 if it was never ready
   * @returns how long to wait, in seconds; `undefined` to give up
   */
  next(served: number): number | undefined {
    if (served >= WHILE) this.#inRow = 0
    if (this.#inRow >= MOST_RESTARTS) return undefined
    const wait = FIRST_WAIT * 2 ** this.#inRow
    this.#inRow += 1
    this.total += 1
    return wait * (1 - this.#random() / 2)
  }
}
