import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import type { ExitStatus } from './exit-status.ts'
import type { StopSignal } from './stop-signals.ts'

/** How a run ended: by a signal, as the shell is to see it, or with a status. */
export type Outcome = { readonly signal: StopSignal } | { readonly status: ExitStatus | number }

const END = Symbol.for('runner.end')

/**
 * Has something done at the very end, when the listeners of 'exit' are done and nothing
 * can keep this process from ending any more; not if it is killed, or a plugin ends it.
 */
export function atEnd(act: () => void): void {
  process.once(END, act)
}

/** By an event, for the command has this module a second time. */
function tellEnd(): void {
  ;(process as NodeJS.EventEmitter).emit(END)
}

/** Its status, for those who asked for the stop: a signal that did so is no failure. */
export function statusOf(outcome: Outcome): number {
  return 'status' in outcome ? outcome.status : 0
}

/**
 * Ends this process that way. A signal is raised again with its default action,
 * so that whoever waits for the process sees what ended it; the first process of
 * a container can't be ended like that and exits with 128 + n.
 */
export function endWith(outcome: Outcome): never {
  if ('status' in outcome) exit(outcome.status)
  const { signal } = outcome
  process.removeAllListeners(signal)
  tellEnd()
  process.kill(process.pid, signal)
  exit(128 + numbers[signal])
}

function exit(status: number): never {
  try {
    // The last of them.
    process.once('exit', tellEnd)
    process.exit(status)
  } catch (error) {
    // A listener of 'exit' threw. They are not called again.
    complain(error)
    tellEnd()
    process.exit(status)
  }
}

/** The log is closed: all that is left is the descriptor. */
function complain(error: unknown): void {
  try {
    writeSync(2, `${inspect(error)}\n`)
  } catch {
    // It can't be shown, or nobody is there to be told.
  }
}

const numbers: { readonly [signal in StopSignal]: number } = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR2: 12,
  SIGTERM: 15,
}
