import type { Clock as IClock, IDelayedCall } from 'runnerd'

/** A call that waits for a {@link Clock}. */
export interface DelayedCall extends IDelayedCall {
  /** When it comes, by `seconds` of its clock. */
  getTime(): number

  /** Whether it is still to come. */
  active(): boolean
}

/**
 * A clock whose time passes when a test says so; for whatever takes a `clock`, such
 * as `ClientService` and `TimerService`, and for a service of your own that does.
 *
 * @see Twisted's `twisted.internet.task.Clock`
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { TimerService } from 'runnerd'
 * import { Clock } from '@runnerd/testkit'
 *
 * const clock = new Clock()
 * let calls = 0
 * const timer = new TimerService({ step: 60, clock }, () => {
 *   calls += 1
 * })
 * timer.startService()
 * await clock.advance(60)
 * assert.equal(calls, 2)
 * await timer.stopService()
 */
export class Clock implements IClock {
  #now = 0
  readonly #calls: Waiting[] = []

  /** The time in seconds; 0 at first. */
  seconds(): number {
    return this.#now
  }

  /**
   * Calls a function once, when time has been advanced by `delay` seconds.
   *
   * @throws RangeError if `delay` is no number of seconds, or below 0
   */
  callLater(delay: number, callable: () => void): DelayedCall {
    if (!(delay >= 0)) throw new RangeError(`The delay must be a number of seconds, not ${delay}`)
    const call = new Waiting(this.#now + delay, callable, () => this.#forget(call))
    const later = this.#calls.findIndex((each) => each.getTime() > call.getTime())
    // After those of the same time: they come in the order in which they were asked for.
    this.#calls.splice(later === -1 ? this.#calls.length : later, 0, call)
    return call
  }

  /** The calls that are still to come, the next one first. */
  getDelayedCalls(): DelayedCall[] {
    return [...this.#calls]
  }

  /**
   * Lets time pass: as in Twisted all of it at once, and then what has come due is
   * called, also what these calls ask for. {@link Clock.pump} lets it pass in steps.
   *
   * Before that and after it, promises settle that wait for nothing but each other:
   * what was begun before happens at the old time, and what was called has had its
   * consequences when this resolves. For what comes from outside, such as a socket, a
   * test waits as usual.
   *
   * @param amount - seconds, 0 or more
   * @throws RangeError if `amount` is no number of seconds, or below 0; or the first
   * error that a call throws, and the others come at the next advance
   */
  async advance(amount: number): Promise<void> {
    if (!(amount >= 0)) throw new RangeError(`Time passes by seconds, not by ${amount}`)
    await settled()
    this.#now += amount
    do {
      this.#callDue()
      await settled()
    } while (this.#isDue())
  }

  /** Advances by each of these, one after the other. */
  async pump(timings: Iterable<number>): Promise<void> {
    for (const amount of timings) await this.advance(amount)
  }

  #isDue(): boolean {
    const [next] = this.#calls
    return next !== undefined && next.getTime() <= this.#now
  }

  #callDue(): void {
    while (this.#isDue()) this.#calls.shift()?.come()
  }

  #forget(call: Waiting): void {
    const at = this.#calls.indexOf(call)
    if (at !== -1) this.#calls.splice(at, 1)
  }
}

class Waiting implements DelayedCall {
  readonly #time: number
  readonly #callable: () => void
  readonly #onCancel: () => void
  #isActive = true

  constructor(time: number, callable: () => void, onCancel: () => void) {
    this.#time = time
    this.#callable = callable
    this.#onCancel = onCancel
  }

  getTime(): number {
    return this.#time
  }

  active(): boolean {
    return this.#isActive
  }

  cancel(): void {
    this.#isActive = false
    this.#onCancel()
  }

  come(): void {
    this.#isActive = false
    this.#callable()
  }
}

/** All promises settle that wait for nothing from outside. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
