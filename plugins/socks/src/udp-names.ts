import { type Destination, written } from './request.ts'
import { resolve } from './resolve.ts'
import type { Rules } from './rules.ts'

/** How long an answer is good for, in ms. */
const GOOD = 30_000

/** How many destinations are known at a time. */
const MOST = 1000

/** How many names are being looked up at a time; what is sent to more is dropped. */
const LOOKUPS = 16

/** An address that may be sent to, `undefined` if none may. */
type Known = string | undefined

/** Where the datagrams of one client go: looked up, and checked, once in a while. */
export class UdpNames {
  readonly #rules: Rules
  readonly #known = new Map<string, { readonly address: Known; readonly until: number }>()
  #lookups = 0

  constructor(rules: Rules) {
    this.#rules = rules
  }

  /** The address for a destination; at once where it is known. */
  find(destination: Destination): Known | Promise<Known> {
    const key = written(destination)
    const known = this.#known.get(key)
    if (known !== undefined && performance.now() < known.until) return known.address
    if (this.#lookups >= LOOKUPS) return undefined
    return this.#look(key, destination)
  }

  async #look(key: string, destination: Destination): Promise<Known> {
    this.#lookups += 1
    let address: Known
    try {
      address = (await resolve(destination, this.#rules))[0]?.address
    } catch {
      // Denied, or there is no such host: nobody can be told.
    }
    this.#lookups -= 1
    this.#known.delete(key)
    this.#known.set(key, { address, until: performance.now() + GOOD })
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value as string)
    return address
  }
}
