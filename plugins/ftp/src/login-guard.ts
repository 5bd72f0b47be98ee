import { setTimeout as sleep } from 'node:timers/promises'

/** For how long a failure counts, in ms. */
const REMEMBERED = 10 * 60_000

/** So many failures within that time, and an address is not listened to any more. */
const MOST_FAILURES = 20

/** How long the first failure is answered late, in ms; each further one twice as long. */
const FIRST_DELAY = 500
const LONGEST_DELAY = 4000

/** So many addresses are kept; the oldest go. */
const MOST_ADDRESSES = 10_000

interface Failures {
  readonly count: number
  readonly last: number
}

/** Makes guessing passwords slow, for an address over all its sessions. */
export class LoginGuard {
  readonly #failures = new Map<string, Failures>()
  readonly #now: () => number

  /** @param now - the time in ms */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Whether an address has failed too often to be tried once more. */
  isLockedOut(address: string): boolean {
    return this.#countOf(address) >= MOST_FAILURES
  }

  /** Counts a failure. @returns how long to wait with the answer, in ms */
  failed(address: string): number {
    const count = this.#countOf(address) + 1
    this.#failures.delete(address)
    this.#failures.set(address, { count, last: this.#now() })
    if (this.#failures.size > MOST_ADDRESSES) {
      const [oldest = ''] = this.#failures.keys()
      this.#failures.delete(oldest)
    }
    return Math.min(FIRST_DELAY * 2 ** (count - 1), LONGEST_DELAY)
  }

  /** Forgets the failures of who has shown to know a password. */
  succeeded(address: string): void {
    this.#failures.delete(address)
  }

  #countOf(address: string): number {
    const failures = this.#failures.get(address)
    if (failures === undefined || this.#now() - failures.last > REMEMBERED) return 0
    return failures.count
  }
}

/** Waits, and no longer than the signal lets it. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
