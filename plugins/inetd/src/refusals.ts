import { log } from 'runnerd'

/** How often it is said how many there were, in ms. */
const PAUSE = 10_000

/** Says that connections were refused: the first at once, and those after it together. */
export class Refusals {
  readonly #why: string
  #unsaid = 0
  #pause: NodeJS.Timeout | undefined

  constructor(why: string) {
    this.#why = why
  }

  add(): void {
    this.#unsaid += 1
    if (this.#pause === undefined) this.#say()
  }

  #say(): void {
    this.#pause = undefined
    if (this.#unsaid === 0) return
    const what = this.#unsaid === 1 ? 'a connection' : `${this.#unsaid} connections`
    log.warn(`refused ${what}: ${this.#why}`, { system: 'inetd' })
    this.#unsaid = 0
    this.#pause = setTimeout(() => this.#say(), PAUSE).unref()
  }
}
