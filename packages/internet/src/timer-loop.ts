import type { Clock, IDelayedCall } from './clock.ts'

/** Of a step: what the arithmetic of numbers may be off by, and no clock tells. */
const ROUNDING = 1e-6

/**
 * Calls a function every step, in phase with its start, until it is stopped or an
 * error ends it.
 *
 * @see Twisted's `twisted.internet.task.LoopingCall`
 *
 * @internal
 */
export class TimerLoop {
  readonly #clock: Clock
  readonly #step: number
  readonly #call: () => unknown
  readonly #goesOnAfter: (error: unknown) => boolean
  readonly #startedAt: number
  #tick = 0
  #stopped = false
  #next: IDelayedCall | undefined
  #calling: Promise<void> | undefined

  /**
   * @param step - in seconds
   * @param goesOnAfter - is told of an error of the function, and says what follows
   */
  constructor(
    clock: Clock,
    step: number,
    call: () => unknown,
    goesOnAfter: (error: unknown) => boolean,
  ) {
    this.#clock = clock
    this.#step = step
    this.#call = call
    this.#goesOnAfter = goesOnAfter
    this.#startedAt = clock.seconds()
  }

  /** Calls it now. */
  start(): void {
    this.#calling = this.#run()
  }

  /** Calls it no more. @returns a promise for the end of the call that is going on */
  stop(): Promise<void> | undefined {
    this.#stopped = true
    this.#next?.cancel()
    return this.#calling
  }

  async #run(): Promise<void> {
    try {
      await this.#call()
    } catch (error) {
      if (!this.#goesOnAfter(error)) this.#stopped = true
    }
    this.#calling = undefined
    if (!this.#stopped) this.#schedule()
  }

  /** Waits for the first tick that is still to come; a timer that fires early takes none twice. */
  #schedule(): void {
    // 0.3 / 0.1 is less than 3: a tick that is now would come again.
    const passed = this.#step === 0 ? 0 : Math.floor(this.#elapsed() / this.#step + ROUNDING)
    this.#tick = Math.max(this.#tick, passed) + 1
    const delay = this.#tick * this.#step - this.#elapsed()
    this.#next = this.#clock.callLater(Math.max(0, delay), () => this.start())
  }

  #elapsed(): number {
    return this.#clock.seconds() - this.#startedAt
  }
}
