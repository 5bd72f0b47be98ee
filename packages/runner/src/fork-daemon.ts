import { type ChildProcess, spawn } from 'node:child_process'
import { ExitStatus } from './exit-status.ts'
import { built } from './home.ts'
import { lentDescriptors } from './lent-descriptors.ts'
import type { LentDescriptors } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/** A daemon that was started and has no plan yet: without one it ends by itself. */
export interface Daemon extends ChildProcess {
  /** The sockets that it has of those which this process was started with. */
  readonly descriptors: LentDescriptors
}

/** The descriptors of a daemon that its parent uses. */
const OWN = 5

/**
 * Starts the process that will be the daemon: detached, in a session of its own,
 * with nothing of this terminal but, until its log is open, stderr; and with the sockets
 * that it may be told to listen on, as Node closes all others.
 *
 * @param args the words of the command line, which nobody has read yet
 * @throws RunnerError on Windows
 */
export function forkDaemon(args: readonly string[]): Daemon {
  if (process.platform === 'win32') {
    const message = 'cannot daemonize: Windows has no daemons'
    const hint = 'use --nodaemon'
    throw new RunnerError('ERR_WINDOWS', ExitStatus.UNAVAILABLE, message, { hint })
  }
  const lent = lentDescriptors(args, process.env)
  const child = spawn(process.execPath, [...process.execArgv, built('daemon.js')], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe', ...lent],
  })
  const descriptors = lent.map((descriptor, index) => [descriptor, OWN + index] as const)
  const daemon: Daemon = Object.assign(child, { descriptors })
  // A process that could not be started has no pid; whoever gives it a plan sees that.
  daemon.on('error', () => {})
  return daemon
}
