/**
 * The longest delay, in ms, that `setTimeout` takes; a longer one would be none at all.
 */
const MAX_DELAY = 2 ** 31 - 1

/** A call that is to come. */
export interface IDelayedCall {
  /** Has it not come; harmless when it has come, or was cancelled, already. */
  cancel(): void
}

/**
 * Where time comes from. What waits takes one as an option, so that a test passes
 * `Clock` of `@runnerd/testkit`, whose time passes when the test says so.
 *
 * @see Twisted's `twisted.internet.interfaces.IReactorTime`
 */
export interface Clock {
  /** The time in seconds, since some moment that means nothing; it never goes back. */
  seconds(): number

  /**
   * Calls a function once, `delay` seconds from now, and never before this returns.
   *
   * @param delay - 0 or more, of any length
   */
  callLater(delay: number, callable: () => void): IDelayedCall
}

/**
 * The time that passes by itself: what a service takes for its `clock` unless a test
 * gives it another.
 *
 * @example
 * import { type Clock, Service, systemClock } from 'runnerd'
 *
 * export class Watch extends Service {
 *   readonly #clock: Clock
 *
 *   constructor({ clock = systemClock }: { clock?: Clock } = {}) {
 *     super()
 *     this.#clock = clock
 *   }
 *
 *   in(seconds: number, callable: () => void): void {
 *     this.#clock.callLater(seconds, callable)
 *   }
 * }
 */
export const systemClock: Clock = {
  seconds: () => performance.now() / 1000,
  callLater: (delay, callable) => new SystemCall(delay * 1000, callable),
}

class SystemCall implements IDelayedCall {
  readonly #at: number
  readonly #callable: () => void
  #timer: NodeJS.Timeout

  constructor(delay: number, callable: () => void) {
    this.#at = performance.now() + delay
    this.#callable = callable
    this.#timer = this.#wait(delay)
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }

  #wait(delay: number): NodeJS.Timeout {
    if (delay <= MAX_DELAY) return setTimeout(this.#callable, delay)
    return setTimeout(() => {
      this.#timer = this.#wait(this.#at - performance.now())
    }, MAX_DELAY)
  }
}
