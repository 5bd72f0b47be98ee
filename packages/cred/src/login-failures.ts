/** For how long a failure counts, in ms. */
const REMEMBERED = 10 * 60_000

/** So many failures within that time, and another machine is not listened to any more. */
const MOST_FAILURES = 20

/** How late the first failure is answered, in ms; each further one twice as late. */
const FIRST_DELAY = 500
const LONGEST_DELAY = 4000

/** So many addresses are kept; the oldest go. */
const MOST_ADDRESSES = 10_000

/**
 * The logins that have failed, by address: makes guessing passwords slow, over all
 * connections of a server.
 *
 * @example
 * import { setTimeout as sleep } from 'node:timers/promises'
 * import { LoginFailures, type PasswordFile } from 'runnerd'
 *
 * const failures = new LoginFailures()
 *
 * export async function mayEnter(file: PasswordFile, word: string, from: string): Promise<boolean> {
 *   if (failures.isLockedOut(from)) return false
 *   const isRight = await file.check('anna', word)
 *   if (isRight) failures.forget(from)
 *   else await sleep(failures.add(from))
 *   return isRight
 * }
 */
export class LoginFailures {
  readonly #failures = new Map<string, { readonly count: number; readonly last: number }>()
  readonly #now: () => number

  /** @param now - the time in ms */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /**
   * Whether an address has failed too often to be tried once more: 20 times, and for ten
   * minutes after the last. Never this machine's own, or whoever is on it could lock out
   * the operator.
   *
   * @param address - an IP address; an empty one is that of a UNIX socket
   */
  isLockedOut(address: string): boolean {
    return !isLocal(address) && this.#countOf(address) >= MOST_FAILURES
  }

  /** Counts a failure. @returns how long to wait with the answer, in ms: from 500 to 4000 */
  add(address: string): number {
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
  forget(address: string): void {
    this.#failures.delete(address)
  }

  #countOf(address: string): number {
    const failures = this.#failures.get(address)
    if (failures === undefined || this.#now() - failures.last > REMEMBERED) return 0
    return failures.count
  }
}

function isLocal(address: string): boolean {
  return address === '' || address === '::1' || /^(?:::ffff:)?127\./.test(address)
}
