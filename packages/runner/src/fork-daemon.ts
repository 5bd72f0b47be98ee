import { type ChildProcess, spawn } from 'node:child_process'
import { ExitStatus } from './exit-status.ts'
import { built } from './home.ts'
import { RunnerError } from './runner-error.ts'

/** A daemon that was started and has no plan yet: without one it ends by itself. */
export type Daemon = ChildProcess

/**
 * Starts the process that will be the daemon: detached, in a session of its own,
 * with nothing of this terminal but, until its log is open, stderr.
 *
 * @throws RunnerError on Windows
 */
export function forkDaemon(): Daemon {
  if (process.platform === 'win32') {
    const message = 'cannot daemonize: Windows has no daemons'
    const hint = 'use --nodaemon'
    throw new RunnerError('ERR_WINDOWS', ExitStatus.UNAVAILABLE, message, { hint })
  }
  const daemon = spawn(process.execPath, [...process.execArgv, built('daemon.js')], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
  })
  // A process that could not be started has no pid; whoever gives it a plan sees that.
  daemon.on('error', () => {})
  return daemon
}
