/** Work that is done once for all who ask while it is being done, and anew for the next. */
export class Once<T> {
  readonly #work: () => Promise<T>
  #underway: Promise<T> | undefined

  constructor(work: () => Promise<T>) {
    this.#work = work
  }

  get(): Promise<T> {
    this.#underway ??= this.#work().finally(() => {
      this.#underway = undefined
    })
    return this.#underway
  }
}
