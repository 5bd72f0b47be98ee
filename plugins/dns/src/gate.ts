/** Lets so many in at a time; the others wait in the order that they came. */
export class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(room: number) {
    this.#free = room
  }

  /** Resolves when there is room. Whoever is in has to `leave`. */
  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
