/** How often it is said how many there were, in ms. */
const PAUSE = 10_000

/**
 * Counts what may happen very often, and says so: the first at once, what follows
 * together.
 *
 * @internal
 */
export class Tally {
  /** All there were. */
  total = 0
  readonly #say: (count: number) => void
  #unsaid = 0
  #pause: NodeJS.Timeout | undefined

  /** @param say - says that there were so many, since it was called before */
  constructor(say: (count: number) => void) {
    this.#say = say
  }

  add(): void {
    this.total += 1
    this.#unsaid += 1
    if (this.#pause === undefined) this.#sayAll()
  }

  /** Says what there is to say. More may come. */
  end(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    if (this.#unsaid > 0) this.#say(this.#unsaid)
    this.#unsaid = 0
  }

  #sayAll(): void {
    const isAny = this.#unsaid > 0
    this.end()
    if (isAny) this.#pause = setTimeout(() => this.#sayAll(), PAUSE).unref()
  }
}
