import { Appender } from './appender.ts'
import { formatText } from './format-text.ts'
import type { LogEvent } from './log-event.ts'
import type { LogFile } from './log-file.ts'
import { severities } from './severities.ts'

/** How lines are written to a descriptor. */
export interface StdoutLogOptions {
  /** Whether systemd's journal reads it, which takes a line's level from a `<6>` before it. */
  readonly forJournal?: boolean
}

/**
 * Logs to a descriptor that is open, by default that of the standard output.
 *
 * Lines are written as by a log file: at once, waiting where the reader is slow.
 * When nobody can read them any more they are dropped and the service goes on.
 * `rotate`, `reopen` and `setDirectory` do nothing, and `close` leaves the
 * descriptor open, which others may use.
 */
export function openStdoutLog(fd = 1, { forJournal = false }: StdoutLogOptions = {}): LogFile {
  const appender = new Appender(fd, 0)
  let closed = false
  return {
    path: '-',
    write(event: LogEvent): void {
      if (!closed) appender.append(forJournal ? withPriority(event) : formatText(event))
    },
    rotate() {},
    reopen() {},
    setDirectory() {},
    close() {
      closed = true
    },
  }
}

/** @see sd-daemon(3) */
function withPriority(event: LogEvent): string {
  const priority = `<${severities[event.level]}>`
  const lines = formatText(event).slice(0, -1)
  return `${priority}${lines.replaceAll('\n', `\n${priority}`)}\n`
}
