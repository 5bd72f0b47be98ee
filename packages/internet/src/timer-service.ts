import { log } from '@runnerd/logging'
import { Service, type ServiceHealth } from '@runnerd/service'
import { type Clock, systemClock } from './clock.ts'
import { TimerLoop } from './timer-loop.ts'

/** How a `TimerService` calls, if a number of seconds alone doesn't say it. */
export interface TimerServiceOptions {
  /** Seconds from call to call; 0 is as often as timers can. */
  readonly step: number

  /**
   * What follows an error of the function, which is logged in any case. Default
   * `stop`.
   *
   * - `stop`: no more calls, and the service still counts as running; as in Twisted
   * - `continue`: the next call comes at its time
   * - `fail`: no more calls, and the error is thrown where nobody catches it: a
   *   daemon stops all its services then and ends with status 70 (EX_SOFTWARE of
   *   sysexits(3)), for whoever supervises it to start it again
   */
  readonly onError?: 'stop' | 'continue' | 'fail' | undefined

  /** Where time comes from; for tests. */
  readonly clock?: Clock | undefined
}

const POLICIES: readonly unknown[] = ['stop', 'continue', 'fail']

/**
 * A service that calls a function every so many seconds while it runs, the
 * first time when it is started.
 *
 * The calls keep their phase, counted from the start. One that takes longer
 * than a step, or returns a promise that does, is waited for, and the calls
 * missed meanwhile are left out. An error that the function throws, or that its
 * promise rejects with, is logged and ends the calls, unless `onError` says
 * otherwise; the service still counts as running.
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
 * const sweep = async (dir: string): Promise<void> => log.msg(`sweeping ${dir}`)
 * new TimerService({ step: 3600, onError: 'continue' }, sweep, '/tmp').setServiceParent(top)
 */
export class TimerService<A extends unknown[] = []> extends Service {
  readonly #options: TimerServiceOptions
  readonly #callable: (...args: A) => unknown
  readonly #args: A
  #loop: TimerLoop | undefined
  #hasEnded = false

  /**
   * @param timing - seconds from call to call, 0 is as often as timers can; or options
   * @param callable - the function to call; a promise that it returns is waited for
   * @param args - what to call it with, each time
   * @throws RangeError if the step is negative or not finite, or `onError` none of its
   * words; TypeError if `callable` is not a function
   */
  constructor(timing: number | TimerServiceOptions, callable: (...args: A) => unknown, ...args: A) {
    super()
    this.#options = typeof timing === 'object' && timing !== null ? timing : { step: timing }
    const { step, onError = 'stop' } = this.#options
    if (!(Number.isFinite(step) && step >= 0)) {
      throw new RangeError(`The step must be a number of seconds, not ${step}`)
    }
    if (!POLICIES.includes(onError)) {
      throw new RangeError(`onError must be stop, continue or fail, not ${onError}`)
    }
    if (typeof callable !== 'function') throw new TypeError('The timer needs a function to call')
    this.#callable = callable
    this.#args = args
  }

  /** Not well when a call has failed and ended the others. */
  health(): ServiceHealth {
    return this.#hasEnded
      ? { ok: false, reason: 'a call failed, and ended the others' }
      : { ok: true }
  }

  override startService(): void {
    if (this.running) return
    super.startService()
    this.#hasEnded = false
    const { step, clock = systemClock } = this.#options
    const loop = new TimerLoop(
      clock,
      step,
      () => this.#callable(...this.#args),
      (error) => this.#failed(error),
    )
    this.#loop = loop
    loop.start()
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

  /** @returns whether to go on */
  #failed(error: unknown): boolean {
    switch (this.#options.onError) {
      case 'continue':
        log.err(error, 'A call of a timer service failed')
        return true
      case 'fail':
        log.error('A call of a timer service failed, and ends the service.')
        this.#hasEnded = true
        // Not from here, where a promise would catch it and a stop wait for it.
        setImmediate(() => {
          throw error
        })
        return false
      default:
        log.err(error, 'A timer service ends its calls')
        this.#hasEnded = true
        return false
    }
  }
}
