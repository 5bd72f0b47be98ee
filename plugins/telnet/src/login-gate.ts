import { setTimeout as sleep } from 'node:timers/promises'
import { LoginFailures, log } from 'runnerd'
import type { Peer } from './peer.ts'

/** Whether that is the user's password. */
export type CheckPassword = (name: string, password: string) => Promise<boolean>

/** Who wants in, and how. */
export interface Attempt {
  readonly name: string
  readonly peer: Peer
  /** Of whose log lines it is one. */
  readonly system: string
}

/** What a client who isn't let in is told. */
export const FAILED = 'Authentication failed'

/** Where all logins go through: it looks passwords up, and makes guessing them slow. */
export class LoginGate {
  readonly #check: CheckPassword
  readonly #failures = new LoginFailures()

  constructor(check: CheckPassword) {
    this.#check = check
  }

  /**
   * Looks a password up. A failure is logged, and answered late: the later, the more there
   * were from that address.
   *
   * @param signal - ends the wait
   * @returns what to tell who isn't let in; `undefined` for who is
   */
  async refusal(
    attempt: Attempt,
    password: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { name, peer } = attempt
    if (this.#failures.isLockedOut(peer.address)) {
      this.#say(attempt, 'too many have failed')
      return 'Too many logins have failed: try again later'
    }
    let isRight: boolean
    try {
      isRight = await this.#check(name, password)
    } catch (error) {
      // Too many at once, or the file can't be used any more.
      this.#say(attempt, (error as Error).message)
      return 'No login is possible now: try again later'
    }
    if (isRight) {
      this.#failures.forget(peer.address)
      return undefined
    }
    await this.failed(attempt, 'wrong name or password', signal)
    return FAILED
  }

  /** Notes a failure, and waits. */
  async failed(attempt: Attempt, reason: string, signal: AbortSignal): Promise<void> {
    this.#say(attempt, reason)
    await sleep(this.#failures.add(attempt.peer.address), undefined, { signal }).catch(() => {})
  }

  #say({ name, peer, system }: Attempt, reason: string): void {
    log.warn(`login of ${JSON.stringify(name)} from ${peer.name} failed: ${reason}`, { system })
  }
}
