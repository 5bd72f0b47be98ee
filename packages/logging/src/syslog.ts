import { codeOf, reasonOf } from './errors.ts'
import { formatText } from './format-text.ts'
import { linesLost } from './lines-lost.ts'
import type { LogEvent, LogLevel } from './log-event.ts'
import type { LogFile } from './log-file.ts'
import { severities } from './severities.ts'
import { UnrotatedLog } from './unrotated-log.ts'
import { pause } from './write-fully.ts'

/** twistd's facility, LOG_USER, which rules that were written for it go by. */
const USER = 1

/** What rsyslog takes of one message, in bytes, less what stands before the text. */
const LONGEST_TEXT = 8000

/** How long a syslog daemon that is there may keep a line waiting, in ms. */
const PATIENCE = 1000

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A socket that sends datagrams to the syslog daemon. */
export interface SyslogSocket {
  /**
   * Sends one message, and waits for nothing.
   *
   * @throws the system's error; `EAGAIN` or `ENOBUFS` where it can be sent later
   */
  send(message: Buffer): void
  close(): void
}

/**
 * Logs to the syslog daemon, as RFC 3164 has it: `<14>Nov 23 12:32:55 NAME[PID]: [-] text`,
 * a message a line, those after the first with a tab. The facility is user.
 *
 * A line is with the system when `write` returns. When the daemon is slow that takes
 * up to a second, once; what it still doesn't take, or what is logged while it is gone,
 * is counted, and said as soon as it takes lines again. `rotate`, `reopen`,
 * `setDirectory` and `setPath` do nothing.
 *
 * @param name who logs, syslog's ident
 * @param pid the process, in brackets after the name
 */
export function openSyslog(socket: SyslogSocket, name: string, pid: number): LogFile {
  return new Syslog(socket, `${name}[${pid}]`)
}

class Syslog extends UnrotatedLog {
  readonly path = 'syslog'
  lost = 0
  readonly #socket: SyslogSocket
  readonly #tag: string
  /** How many lines it has not been told of yet. */
  #unsaid = 0
  #reason = ''
  #patient = true
  #closed = false

  constructor(socket: SyslogSocket, tag: string) {
    super()
    this.#socket = socket
    this.#tag = tag
  }

  write(event: LogEvent): void {
    if (this.#closed) return
    this.#confess()
    for (const line of linesOf(event)) this.#log(event, line)
  }

  close(): void {
    if (this.#closed) return
    this.#confess()
    this.#closed = true
    this.#socket.close()
  }

  #log({ level, time }: LogEvent, line: string): void {
    if (this.#unsaid === 0 && this.#send(level, time, line)) return
    this.#unsaid += 1
    this.lost += 1
  }

  #confess(): void {
    if (this.#unsaid === 0) return
    const text = `[-] ${linesLost(this.#unsaid, this.#reason)}`
    if (this.#send('error', Date.now(), text)) this.#unsaid = 0
  }

  #send(level: LogLevel, time: number, line: string): boolean {
    const priority = USER * 8 + severities[level]
    const message = Buffer.from(`<${priority}>${stampOf(new Date(time))} ${this.#tag}: ${line}`)
    const until = Date.now() + PATIENCE
    for (;;) {
      try {
        this.#socket.send(message)
        this.#patient = true
        return true
      } catch (error) {
        this.#reason = reasonOf(error)
        const isFull = ['EAGAIN', 'ENOBUFS', 'EINTR'].includes(codeOf(error) ?? '')
        if (!isFull || !this.#patient) return false
        // One that hangs must not hold up the service at every line.
        this.#patient = Date.now() < until
        pause(1)
      }
    }
  }
}

/** The lines of an event without its time, none longer than syslog takes. */
function linesOf(event: LogEvent): string[] {
  const text = formatText(event)
  const lines = text.slice(text.indexOf(' ') + 1, -1).split('\n')
  return lines.flatMap((line) => (line.length * 3 <= LONGEST_TEXT ? line : cut(line)))
}

/** Cuts a line between characters. */
function cut(line: string): string[] {
  const pieces: string[] = []
  let rest = Buffer.from(line)
  while (rest.length > LONGEST_TEXT) {
    let end = LONGEST_TEXT
    while (isInside(rest[end] as number)) end -= 1
    pieces.push(rest.toString('utf8', 0, end))
    rest = Buffer.concat([Buffer.from('\t'), rest.subarray(end)])
  }
  return [...pieces, rest.toString()]
}

/** Whether a byte of UTF-8 goes on with a character. */
function isInside(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

function stampOf(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = String(date.getDate()).padStart(2)
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${MONTHS[date.getMonth()]} ${day} ${time}`
}
