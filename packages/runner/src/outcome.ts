import type { ExitStatus } from './exit-status.ts'
import type { StopSignal } from './stop-signals.ts'

/** How a run ended: by a signal, as the shell is to see it, or with a status. */
export type Outcome = { readonly signal: StopSignal } | { readonly status: ExitStatus | number }

/**
 * Ends this process that way. A signal is raised again with its default action,
 * so that whoever waits for the process sees what ended it; the first process of
 * a container can't be ended like that and exits with 128 + n.
 */
export function endWith(outcome: Outcome): never {
  if ('status' in outcome) process.exit(outcome.status)
  const { signal } = outcome
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.exit(128 + numbers[signal])
}

const numbers: { readonly [signal in StopSignal]: number } = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR2: 12,
  SIGTERM: 15,
}
