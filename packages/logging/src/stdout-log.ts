import { Appender } from './appender.ts'
import type { LogEvent } from './log-event.ts'
import type { LogFile } from './log-file.ts'
import type { LogSettings } from './log-settings.ts'
import { severities } from './severities.ts'
import { UnrotatedLog } from './unrotated-log.ts'

/** How lines are written to a descriptor. */
export interface StdoutLogOptions extends Partial<LogSettings> {
  /** Whether systemd's journal reads it, which takes a line's level from a `<6>` before it. */
  readonly forJournal?: boolean
}

/**
 * Logs to a descriptor that is open, by default that of the standard output.
 *
 * Lines are written as by a log file: at once, waiting where the reader is slow.
 * When nobody can read them any more they are dropped and the service goes on.
 * `rotate`, `reopen` and `setDirectory` do nothing, nor do the settings that have to
 * do with them, and `close` leaves the descriptor open, which others may use.
 */
export function openStdoutLog(fd = 1, options: StdoutLogOptions = {}): LogFile {
  const { forJournal = false, ...settings } = options
  const log = new StdoutLog(fd, forJournal)
  log.configure(settings)
  return log
}

class StdoutLog extends UnrotatedLog {
  readonly path = '-'
  readonly #appender: Appender
  readonly #forJournal: boolean
  #closed = false

  constructor(fd: number, forJournal: boolean) {
    super()
    this.#appender = new Appender(fd, 0, (event) => this.#line(event))
    this.#forJournal = forJournal
  }

  get lost(): number {
    return this.#appender.lost
  }

  write(event: LogEvent): void {
    if (!this.#closed && this.accepts(event.level)) this.#appender.append(this.#line(event))
  }

  close(): void {
    this.#closed = true
  }

  #line(event: LogEvent): string {
    const line = this.format(event)
    return this.#forJournal ? withPriority(event, line) : line
  }
}

/** @see sd-daemon(3) */
function withPriority({ level }: LogEvent, line: string): string {
  const priority = `<${severities[level]}>`
  return `${priority}${line.slice(0, -1).replaceAll('\n', `\n${priority}`)}\n`
}
