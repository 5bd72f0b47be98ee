import { type LogFile, openSyslog, reasonOf } from '@runnerd/logging'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'
import { UnixDatagram } from './unix-datagram.ts'

/** Where the syslog daemon listens. */
const PATH = process.platform === 'darwin' ? '/var/run/syslog' : '/dev/log'

const ATTEMPT = 'cannot log to syslog'

/**
 * Opens the log of the syslog daemon: the journal, where systemd has its socket. Once
 * it is open the daemon may come and go.
 *
 * @param name what its lines begin with
 *
 * @throws RunnerError when nobody listens there now, or without koffi
 */
export function openSyslogDaemon(name: string): LogFile {
  const socket = new UnixDatagram(PATH, ATTEMPT)
  try {
    socket.connect()
  } catch (error) {
    const hint = 'is a syslog daemon running?'
    const message = `${ATTEMPT}: ${PATH}: ${reasonOf(error)}`
    throw new RunnerError('ERR_SYSLOG', ExitStatus.UNAVAILABLE, message, { hint, cause: error })
  }
  return openSyslog(socket, name, process.pid)
}
