import { endWith } from './outcome.ts'
import { type StopSignal, stopSignals } from './stop-signals.ts'

/** The command has this module a second time, and so it is told by an event. */
const CAUGHT = Symbol.for('runner.stopSignalsAreCaught')
const events: NodeJS.EventEmitter = process

/**
 * Whether this is the first process of a container. It is unlike any other: signals
 * that it doesn't catch don't reach it, SIGKILL from inside neither, and all else
 * that runs there ends with it.
 */
export function isFirstProcess(): boolean {
  return process.pid === 1
}

/**
 * Has the signals that ask for a stop end this process, as they would by themselves
 * end any but the first one, until {@link stopSignalsAreCaught}.
 */
export function endByStopSignals(): void {
  const end = (signal: NodeJS.Signals): void => {
    // The signal would not ask them either.
    process.removeAllListeners('exit')
    endWith({ signal: signal as StopSignal })
  }
  for (const signal of stopSignals) process.on(signal, end)
  events.once(CAUGHT, () => {
    for (const signal of stopSignals) process.off(signal, end)
  })
}

/** A run catches them from now on. */
export function stopSignalsAreCaught(): void {
  events.emit(CAUGHT)
}
