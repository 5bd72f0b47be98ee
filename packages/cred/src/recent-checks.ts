/** How long a check that went well is known, in ms. */
const REMEMBERED = 60_000

/** How many are known at most; the oldest goes first. */
const MOST = 1000

/** A check that is under way, or went well a moment ago. */
interface Recent {
  readonly answer: Promise<boolean>
  until: number
}

/**
 * Spares a check that is the same as one under way, or as one that went well a moment
 * ago: a browser logs in to a proxy for every connection. What failed is forgotten.
 */
export class RecentChecks {
  readonly #checks = new Map<string, Recent>()

  /** @param which tells it from all others; no password can be read from it */
  async answer(which: string, check: () => Promise<boolean>): Promise<boolean> {
    const known = this.#checks.get(which)
    if (known !== undefined && performance.now() < known.until) return await known.answer
    const recent: Recent = { answer: check(), until: Number.POSITIVE_INFINITY }
    this.#checks.delete(which)
    this.#checks.set(which, recent)
    if (this.#checks.size > MOST) this.#checks.delete(this.#checks.keys().next().value as string)
    let isRight = false
    try {
      isRight = await recent.answer
    } finally {
      if (isRight) recent.until = performance.now() + REMEMBERED
      else if (this.#checks.get(which) === recent) this.#checks.delete(which)
    }
    return isRight
  }
}
