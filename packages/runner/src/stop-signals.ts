/** What a run is asked to stop by. */
export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR2'] as const

/** What else stops whoever waits for a start: to a run it means a reload. */
const HANG_UP = 'SIGHUP'

/** What ends the wait for a start. */
export const interrupts: readonly StopSignal[] = [...stopSignals, HANG_UP]

export type StopSignal = (typeof stopSignals)[number] | typeof HANG_UP

/**
 * Catches the signals that ask for a stop, from now on. The first is told by the
 * promise; any later one calls `atSecond`, for an operator who won't wait.
 */
export function catchStopSignals(
  atSecond: (signal: StopSignal) => void,
  signals: readonly StopSignal[] = stopSignals,
): Promise<StopSignal> {
  return new Promise((resolve) => {
    let count = 0
    for (const signal of signals) {
      process.on(signal, () => {
        count += 1
        if (count === 1) resolve(signal)
        else atSecond(signal)
      })
    }
  })
}
