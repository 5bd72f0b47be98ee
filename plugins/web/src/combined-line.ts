import type { IncomingMessage } from 'node:http'

/** What is to be told of a request when it has been answered. */
export interface Answered {
  /** Nothing for what was none. */
  readonly request: IncomingMessage | undefined
  /** Of the client; nothing for a UNIX socket. */
  readonly address: string | undefined
  /** When it came, in ms. */
  readonly time: number
  readonly status: number
  /** Of the body. */
  readonly bytes: number
}

/** A line of Apache's combined log format. */
export function combinedLine({ request, address, time, status, bytes }: Answered): string {
  const asked = request && `${request.method} ${request.url} HTTP/${request.httpVersion}`
  const { referer, 'user-agent': agent } = request?.headers ?? {}
  const from = `${address ?? '-'} - - [${dateOf(time)}]`
  return `${from} ${quoted(asked)} ${status} ${bytes || '-'} ${quoted(referer)} ${quoted(agent)}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

let latest = { second: 0, text: '' }

/** Local time, made once for all requests of a second. */
function dateOf(time: number): string {
  const second = Math.floor(time / 1000)
  if (latest.second !== second) latest = { second, text: dateText(new Date(time)) }
  return latest.text
}

function dateText(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  const east = -date.getTimezoneOffset()
  const offset = two(Math.floor(Math.abs(east) / 60)) + two(Math.abs(east) % 60)
  return `${day}:${clock} ${east < 0 ? '-' : '+'}${offset}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those that would break the line
const UNSAFE = /["\\\u0000-\u001f\u007f-\uffff]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const EACH_UNSAFE = /["\\]|[\u0000-\u001f\u007f-\uffff]/g

/** As Apache quotes what a client has sent: nobody can write a line of their own. */
function quoted(text: string | undefined): string {
  if (text === undefined || text === '') return '"-"'
  return UNSAFE.test(text) ? `"${text.replace(EACH_UNSAFE, escaped)}"` : `"${text}"`
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  // Node gives each byte of a header as a character.
  const bytes = character > '\u00ff' ? Buffer.from(character) : [character.charCodeAt(0)]
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
