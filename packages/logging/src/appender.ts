import { reasonOf } from './errors.ts'
import type { Formatter } from './formatter.ts'
import { endsWithLine } from './line-end.ts'
import { linesLost } from './lines-lost.ts'
import type { LogLevel } from './log-event.ts'
import { type WriteError, writeFully } from './write-fully.ts'

/**
 * Appends lines to a descriptor and never throws: a log that cannot be written
 * must not stop the service. Lines that could not be written are counted, and the
 * log says how many as soon as it can be written again.
 *
 * @internal
 */
export class Appender {
  fd: number
  /** How many bytes the file has, as far as we know. */
  size: number
  format: Formatter
  /** How many lines could not be written, ever. */
  lost = 0
  /** How many of them the log doesn't say yet. */
  #unsaid = 0
  #reason = ''
  #torn = false

  constructor(fd: number, size: number, format: Formatter) {
    this.fd = fd
    this.size = size
    this.format = format
  }

  /** Appends a line that has its newline: it is with the system when this returns. */
  append(line: string): void {
    if ((this.#unsaid > 0 && !this.#confess()) || !this.#write(line)) this.#lose()
  }

  /** Appends a line of the log's own. */
  say(text: string): void {
    this.append(this.#own('warn', text))
  }

  #lose(): void {
    this.#unsaid += 1
    this.lost += 1
  }

  #own(level: LogLevel, text: string): string {
    return this.format({ time: Date.now(), level, system: '-', text })
  }

  #confess(): boolean {
    const text = linesLost(this.#unsaid, this.#reason)
    const line = this.#own('error', text)
    // What was cut short, by whomever, gets its end of line, so that it spoils no other.
    const isWhole = endsWithLine(this.fd) ?? !this.#torn
    const written = this.#write(isWhole ? line : `\n${line}`)
    if (written) {
      this.#unsaid = 0
      this.#torn = false
    }
    return written
  }

  #write(line: string): boolean {
    try {
      this.size += writeFully(this.fd, line)
      return true
    } catch (error) {
      const { written, cause } = error as WriteError
      this.#torn ||= written > 0
      this.#reason = reasonOf(cause)
      return false
    }
  }
}
