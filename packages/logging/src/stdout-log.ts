import { Appender } from './appender.ts'
import { formatText } from './format-text.ts'
import type { LogEvent } from './log-event.ts'
import type { LogFile } from './log-file.ts'

/**
 * Logs to a descriptor that is open, by default that of the standard output.
 *
 * Lines are written as by a log file: at once, waiting where the reader is slow.
 * When nobody can read them any more they are dropped and the service goes on.
 * `rotate`, `reopen` and `setDirectory` do nothing, and `close` leaves the
 * descriptor open, which others may use.
 */
export function openStdoutLog(fd = 1): LogFile {
  const appender = new Appender(fd, 0)
  let closed = false
  return {
    path: '-',
    write(event: LogEvent): void {
      if (!closed) appender.append(formatText(event))
    },
    rotate() {},
    reopen() {},
    setDirectory() {},
    close() {
      closed = true
    },
  }
}
