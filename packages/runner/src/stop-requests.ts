import { log } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import { DrainDelay } from './drain-delay.ts'
import { stopSignalsAreCaught } from './first-process.ts'
import { catchStopSignals, type StopSignal } from './stop-signals.ts'

/** What comes of being told to stop. */
export interface StopListener {
  /** How long all serves on, in seconds, if it is told to stop now. */
  delay(): number
  /** It is going to stop, but not yet. */
  leaving(): void
  /** It is to stop now. */
  stop(signal: StopSignal): void
  /** It is told so again, by an operator who won't wait. */
  atOnce(signal: StopSignal): void
}

/**
 * How a process is told to stop, from now on: by a signal, or by the word of another
 * process of this run. A service manager sends its signal to every process of a unit, and
 * so the one that stops the others tells them by word: who hears of the same stop both
 * ways has been told once. Who is told again while it serves on stops then, and at once
 * the next time.
 */
export class StopRequests {
  readonly #listener: StopListener
  readonly #delay = new DrainDelay()
  #words = 0
  #tell: (signal: StopSignal) => void = () => {}

  constructor(listener: StopListener) {
    this.#listener = listener
    const said = new Promise<StopSignal>((resolve) => {
      this.#tell = resolve
    })
    const caught = catchStopSignals((signal) => this.#again(signal))
    stopSignalsAreCaught()
    Promise.race([caught, said]).then((signal) => this.#first(signal))
  }

  /** Whether it is told to stop, and serves on for a while. */
  get isLeaving(): boolean {
    return this.#delay.isOn
  }

  /** Another process of this run asks for the stop, as by this signal. */
  say(signal: StopSignal): void {
    this.#words += 1
    if (this.#words === 1) this.#tell(signal)
    else this.#again(signal)
  }

  /** Nothing is served for any more time: it stops as soon as it is told to. */
  hurry(): void {
    this.#delay.end()
  }

  async #first(signal: StopSignal): Promise<void> {
    const seconds = this.#delay.isOver ? 0 : this.#listener.delay()
    log.msg(
      `Received ${signal}, shutting down${seconds > 0 ? ` in ${counted(seconds, 'second')}` : ''}.`,
    )
    if (seconds > 0) {
      this.#listener.leaving()
      await this.#delay.pass(seconds)
    }
    this.#listener.stop(signal)
  }

  #again(signal: StopSignal): void {
    if (this.isLeaving) {
      log.msg(`Received ${signal} again, shutting down now.`)
      this.#delay.end()
      return
    }
    log.warn(`Received ${signal} again, ending at once.`)
    this.#listener.atOnce(signal)
  }
}
