import { reasonOf } from './errors.ts'
import { formatText } from './format-text.ts'
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
  #lost = 0
  #reason = ''
  #torn = false

  constructor(fd: number, size: number) {
    this.fd = fd
    this.size = size
  }

  /** Appends a line that has its newline: it is with the system when this returns. */
  append(line: string): void {
    if (this.#lost > 0 && !this.#confess()) this.#lost += 1
    else if (!this.#write(line)) this.#lost += 1
  }

  /** Appends a line of the log's own. */
  say(text: string): void {
    this.append(formatText({ time: Date.now(), level: 'warn', system: '-', text }))
  }

  #confess(): boolean {
    const text = `${this.#lost} log lines were lost: ${this.#reason}`
    const line = formatText({ time: Date.now(), level: 'error', system: '-', text })
    // What was cut short gets its end of line, so that it spoils no other line.
    const written = this.#write(this.#torn ? `\n${line}` : line)
    if (written) {
      this.#lost = 0
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
