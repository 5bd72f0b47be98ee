import { type Clock, systemClock } from 'runnerd'

/** In seconds: what the starts of a program are counted over. */
const MINUTE = 60

/** For how many seconds a service is off that was asked for too often. */
export const OFF = 600

/**
 * How often a program may be started in a minute. When it is more the service is off for
 * ten minutes, since most likely it fails each time, or somebody does harm.
 *
 * @see inetd(8): `server failing (looping), service terminated`
 */
export class RateLimit {
  readonly most: number
  readonly #clock: Clock
  #count = 0
  #since = 0
  #offUntil = Number.NEGATIVE_INFINITY

  /** @param most - in a minute; 0 for any number */
  constructor(most: number, clock: Clock = systemClock) {
    this.most = most
    this.#clock = clock
  }

  /** For how many seconds it is off still; 0 when it isn't. */
  get offFor(): number {
    return Math.max(0, this.#offUntil - this.#clock.seconds())
  }

  /** Counts one more. @returns `looping` when that is one too many, and `off` after it */
  take(): 'ok' | 'looping' | 'off' {
    if (this.most === 0) return 'ok'
    const now = this.#clock.seconds()
    if (now < this.#offUntil) return 'off'
    if (this.#count === 0 || now - this.#since > MINUTE) {
      this.#since = now
      this.#count = 0
    }
    this.#count += 1
    if (this.#count <= this.most) return 'ok'
    this.#count = 0
    this.#offUntil = now + OFF
    return 'looping'
  }
}
