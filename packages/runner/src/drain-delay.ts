/**
 * The time before a stop in which all serves still, and the run says that it is not ready:
 * whoever sends clients here learns to send them elsewhere.
 */
export class DrainDelay {
  #end: (() => void) | undefined
  #isOver = false

  /** Whether it is going on. */
  get isOn(): boolean {
    return this.#end !== undefined
  }

  /** Whether it is over, or is not to be. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Lets so many seconds pass, less if it is ended. */
  pass(seconds: number): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(), seconds * 1000)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Ends it, or has it be over before it begins. Doing so twice does nothing. */
  end(): void {
    const end = this.#end
    this.#end = undefined
    this.#isOver = true
    end?.()
  }
}
