import { stopSignalsAreCaught } from './first-process.ts'
import { catchStopSignals, type StopSignal } from './stop-signals.ts'

/** How a process is told to stop. */
export interface StopRequests {
  /** The first request, however it came. */
  readonly first: Promise<StopSignal>
  /** Another process of this run asks for the stop, as by this signal. */
  say(signal: StopSignal): void
}

/**
 * Hears all that asks this process to stop, from now on. A service manager sends its
 * signal to every process of a unit, and so the one that stops the others tells them
 * by word: who hears of the same stop both ways has been told once. `atSecond` is
 * called when either comes again, for an operator who won't wait.
 */
export function hearStops(atSecond: (signal: StopSignal) => void): StopRequests {
  let tell: (signal: StopSignal) => void = () => {}
  let words = 0
  const said = new Promise<StopSignal>((resolve) => {
    tell = resolve
  })
  const caught = catchStopSignals(atSecond)
  stopSignalsAreCaught()
  return {
    first: Promise.race([caught, said]),
    say(signal) {
      words += 1
      if (words === 1) tell(signal)
      else atSecond(signal)
    },
  }
}
