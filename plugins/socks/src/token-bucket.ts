/** Lets so many pass in a second, and as many at once after a second of none. */
export class TokenBucket {
  readonly #rate: number
  #tokens: number
  #last = performance.now()

  /** @param rate how many a second; 0 for any number */
  constructor(rate: number) {
    this.#rate = rate
    this.#tokens = rate
  }

  /** Whether one more may pass now. */
  take(): boolean {
    if (this.#rate === 0) return true
    const now = performance.now()
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#last) / 1000) * this.#rate)
    this.#last = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
