import type { Peer } from './peer.ts'

/** For how long a failure counts, in ms. */
const REMEMBERED = 10 * 60_000

/** So many failures within that time, and another machine is not listened to any more. */
const MOST_FAILURES = 20

/** How late the first failure is answered, in ms; each further one twice as late. */
const FIRST_DELAY = 500
const LONGEST_DELAY = 4000

/** So many addresses are kept; the oldest go. */
const MOST_ADDRESSES = 10_000

/** The logins that have failed, by address. */
export class LoginFailures {
  readonly #failures = new Map<string, { readonly count: number; readonly last: number }>()
  readonly #now: () => number

  /** @param now - the time in ms */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /**
   * Whether an address has failed too often to be tried once more. Never this machine's
   * own, for whoever is on it could lock out the operator.
   */
  isLockedOut({ address, isLocal }: Peer): boolean {
    return !isLocal && this.#countOf(address) >= MOST_FAILURES
  }

  /** Counts a failure. @returns how long to wait with the answer, in ms */
  add({ address }: Peer): number {
    const count = this.#countOf(address) + 1
    this.#failures.delete(address)
    this.#failures.set(address, { count, last: this.#now() })
    if (this.#failures.size > MOST_ADDRESSES) {
      const [oldest = ''] = this.#failures.keys()
      this.#failures.delete(oldest)
    }
    return Math.min(FIRST_DELAY * 2 ** (count - 1), LONGEST_DELAY)
  }

  /** Forgets those of who has shown to know a password. */
  forget({ address }: Peer): void {
    this.#failures.delete(address)
  }

  #countOf(address: string): number {
    const failures = this.#failures.get(address)
    if (failures === undefined || this.#now() - failures.last > REMEMBERED) return 0
    return failures.count
  }
}
