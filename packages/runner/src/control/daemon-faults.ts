import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'

/** Which daemon could not be dealt with, and what was to be done: `cannot stop`. */
export interface Attempt {
  readonly attempt: string
  readonly pidfile: string
  readonly pid: number
  readonly socket: string
}

export function noDaemon({ attempt, pidfile }: Pick<Attempt, 'attempt' | 'pidfile'>): RunnerError {
  const hint = 'runner status lists your daemons; --pidfile FILE names one'
  const message = `${attempt}: no daemon has the pid file ${pidfile}`
  return new RunnerError('ERR_NO_DAEMON', ExitStatus.UNAVAILABLE, message, { hint })
}

/** @param cause - what was seen of it, if anything */
export function daemonGone({ attempt, pidfile, pid }: Attempt, cause?: unknown): RunnerError {
  const message = `${attempt}: the daemon of ${pidfile} is gone, pid ${pid}`
  const hint = 'its pid file is stale; the next start replaces it'
  return new RunnerError('ERR_NO_DAEMON', ExitStatus.UNAVAILABLE, message, { hint, cause })
}

export function notYours({ attempt, pidfile }: Pick<Attempt, 'attempt' | 'pidfile'>): RunnerError {
  const message = `${attempt}: the daemon of ${pidfile} is another user's`
  return new RunnerError('ERR_NOT_YOURS', ExitStatus.NOPERM, message)
}

/** A process that lives, and has not the lock that a runner has on its pid file. */
export function notRunners({ attempt, pidfile, pid }: Attempt, cause?: unknown): RunnerError {
  const message = `${attempt}: pid ${pid} is no daemon's: nobody holds the lock of ${pidfile}`
  const hint = 'no runner has written that file; remove it'
  return new RunnerError('ERR_NO_DAEMON', ExitStatus.UNAVAILABLE, message, { hint, cause })
}

export function untrustedPidFile({ attempt, pidfile, pid }: Attempt): RunnerError {
  const message = `${attempt}: ${pidfile} belongs to a user who is not that of pid ${pid}`
  const hint = `kill ${pid} stops it, if it is the one that you mean`
  return new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, message, { hint })
}

/** A daemon that lives and can't be talked to, by what went wrong. */
export function unreachable(cause: unknown, at: Attempt): RunnerError {
  const { code, message } = cause as NodeJS.ErrnoException
  const { attempt, pid, socket } = at
  const error = (status: ExitStatus, reason: string, hint?: string): RunnerError =>
    new RunnerError('ERR_NO_CONTROL', status, `${attempt}: ${reason}`, { hint, cause })
  const bySignal = `runner stop, or kill ${pid}, stops it all the same`
  switch (code) {
    case 'ENOENT':
    case 'ENOTSOCK':
      return error(ExitStatus.UNAVAILABLE, `pid ${pid} has no control socket ${socket}`, bySignal)
    case 'ECONNREFUSED':
      return error(ExitStatus.UNAVAILABLE, `pid ${pid} does not listen on ${socket}`, bySignal)
    case 'ERR_NO_ANSWER':
    case 'EAGAIN': {
      const hint = `kill -CONT ${pid} resumes it if it was suspended, kill -9 ${pid} ends it at once`
      return error(ExitStatus.TEMPFAIL, `pid ${pid} does not answer`, hint)
    }
    case 'ERR_CUT_SHORT':
    case 'ECONNRESET':
    case 'EPIPE':
      return error(ExitStatus.UNAVAILABLE, `pid ${pid} broke off before it had answered`)
    case 'ERR_NOT_HTTP':
      return error(ExitStatus.UNAVAILABLE, `${socket} is no control socket of runner's`)
    default:
      return error(ExitStatus.UNAVAILABLE, `${socket}: ${message}`)
  }
}

/** Whether nobody answers at a control socket. */
export function isUnanswered(cause: unknown): boolean {
  const { code = '' } = cause as NodeJS.ErrnoException
  return ['ENOENT', 'ENOTSOCK', 'ECONNREFUSED'].includes(code)
}

/** Whether a daemon was there to be asked, and went before it had answered. */
export function brokeOff({ cause }: RunnerError): boolean {
  return isCutShort(cause ?? {})
}

/** Whether somebody went in the middle of an answer. */
export function isCutShort(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException
  return code === 'ERR_CUT_SHORT' || code === 'ECONNRESET' || code === 'EPIPE'
}
