/** What a daemon is asked to stop by. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

export type StopSignal = (typeof SIGNALS)[number]

/** The signals that stop this process, from `catchStopSignals` on. */
export interface StopSignals {
  /** Comes with the first signal. */
  readonly first: Promise<StopSignal>
  /** Lets signals have their default action again. */
  release(): void
}

/**
 * Catches the signals that ask for a stop. The first one is told by a promise;
 * the second calls `atSecond`, for an operator who won't wait.
 */
export function catchStopSignals(atSecond: (signal: StopSignal) => void): StopSignals {
  let heard: (signal: StopSignal) => void
  const first = new Promise<StopSignal>((resolve) => {
    heard = resolve
  })
  let count = 0
  const listener = (signal: NodeJS.Signals): void => {
    count += 1
    if (count === 1) heard(signal as StopSignal)
    else atSecond(signal as StopSignal)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return {
    first,
    release() {
      for (const signal of SIGNALS) process.removeListener(signal, listener)
    },
  }
}
