import { log } from '@runnerd/logging'
import { Service } from '@runnerd/service'

/** The longest delay `setTimeout` takes; a longer one would be none at all. */
const MAX_DELAY = 2 ** 31 - 1

/**
 * A service that calls a function every so many seconds while it runs, the
 * first time when it is started.
 *
 * The calls keep their phase, counted from the start. One that takes longer
 * than a step, or returns a promise that does, is waited for, and the calls
 * missed meanwhile are left out. An error that the function throws, or that its
 * promise rejects with, is logged and ends the calls; the service still counts
 * as running.
 *
 * `stopService` waits for a call that is going on, so the function must not
 * await it. Starting what runs does nothing.
 *
 * @typeParam A - the types of the arguments that the function is called with
 *
 * @see Twisted's `twisted.application.internet.TimerService`
 *
 * @example
 * import { log, MultiService, TimerService } from 'runnerd'
 *
 * const top = new MultiService()
 * new TimerService(60, () => log.msg('another minute')).setServiceParent(top)
 */
export class TimerService<A extends unknown[] = []> extends Service {
  readonly #step: number
  readonly #callable: (...args: A) => unknown
  readonly #args: A
  #loop: Loop | undefined

  /**
   * @param step - seconds from call to call; 0 is as often as timers can
   * @param callable - the function to call; a promise that it returns is waited for
   * @param args - what to call it with, each time
   * @throws RangeError if `step` is negative or not finite, TypeError if
   * `callable` is not a function
   */
  constructor(step: number, callable: (...args: A) => unknown, ...args: A) {
    super()
    if (!(Number.isFinite(step) && step >= 0)) {
      throw new RangeError(`The step must be a number of seconds, not ${step}`)
    }
    if (typeof callable !== 'function') throw new TypeError('The timer needs a function to call')
    this.#step = step
    this.#callable = callable
    this.#args = args
  }

  override startService(): void {
    if (this.running) return
    super.startService()
    this.#loop = new Loop(this.#step * 1000, () => this.#callable(...this.#args))
    this.#loop.start()
  }

  override async stopService(): Promise<void> {
    super.stopService()
    const loop = this.#loop
    this.#loop = undefined
    await loop?.stop()
  }

  override undoStart(): Promise<void> {
    return TimerService.prototype.stopService.call(this)
  }
}

/** One run of the calls, from a start to a stop or an error. */
class Loop {
  readonly #step: number
  readonly #call: () => unknown
  readonly #startedAt = performance.now()
  #tick = 0
  #stopped = false
  #timer: NodeJS.Timeout | undefined
  #calling: Promise<void> | undefined

  constructor(step: number, call: () => unknown) {
    this.#step = step
    this.#call = call
  }

  start(): void {
    this.#calling = this.#run()
  }

  stop(): Promise<void> | undefined {
    this.#stopped = true
    clearTimeout(this.#timer)
    return this.#calling
  }

  async #run(): Promise<void> {
    try {
      await this.#call()
    } catch (error) {
      this.#stopped = true
      log.err(error, 'A timer service ends its calls')
    }
    this.#calling = undefined
    if (!this.#stopped) this.#schedule()
  }

  /** Waits for the first tick that is still to come; a timer that fires early takes none twice. */
  #schedule(): void {
    const passed = this.#step === 0 ? 0 : Math.floor(this.#elapsed() / this.#step)
    this.#tick = Math.max(this.#tick, passed) + 1
    this.#wait()
  }

  #wait(): void {
    const delay = this.#tick * this.#step - this.#elapsed()
    this.#timer =
      delay > MAX_DELAY
        ? setTimeout(() => this.#wait(), MAX_DELAY)
        : setTimeout(() => this.start(), delay)
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt
  }
}
