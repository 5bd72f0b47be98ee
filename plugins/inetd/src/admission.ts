import { Refusals } from './refusals.ts'

/** How many connections and programs there may be at a time, of all services together. */
export class Admission {
  readonly #most: number
  readonly #refusals: Refusals
  #open = 0

  /** @param most - 0 for any number */
  constructor(most: number) {
    this.#most = most
    this.#refusals = new Refusals(`there are ${most} already`)
  }

  /** Whether there is room for one more, who then has to leave. */
  enter(): boolean {
    if (this.#most > 0 && this.#open >= this.#most) {
      this.#refusals.add()
      return false
    }
    this.#open += 1
    return true
  }

  leave(): void {
    this.#open -= 1
  }
}
