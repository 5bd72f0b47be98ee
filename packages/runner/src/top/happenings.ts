/** What happens to a view, one after the other, for one who waits for the next. */
export class Happenings<T> {
  readonly #waiting: T[] = []
  #wake = (): void => {}
  #failure: { readonly error: unknown } | undefined

  add(happening: T): void {
    this.#waiting.push(happening)
    this.#wake()
  }

  /** From now on whoever waits has this error. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  async next(): Promise<T> {
    while (this.#waiting.length === 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#waiting.shift()!
  }
}
