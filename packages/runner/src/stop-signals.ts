/** What a daemon is asked to stop by. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

export type StopSignal = (typeof SIGNALS)[number]

/**
 * Catches the signals that ask for a stop, from now on. The first is told by the
 * promise; any later one calls `atSecond`, for an operator who won't wait.
 */
export function catchStopSignals(atSecond: (signal: StopSignal) => void): Promise<StopSignal> {
  return new Promise((resolve) => {
    let count = 0
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        count += 1
        if (count === 1) resolve(signal)
        else atSecond(signal)
      })
    }
  })
}
