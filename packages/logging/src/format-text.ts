import type { LogEvent } from './log-event.ts'

// C0 but for tab, DEL and C1: what moves a terminal's cursor, and the newline itself.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const SPECIAL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above, but for the newline
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g

let stampSecond = Number.NaN
let stamp = ''

/**
 * Formats an event as Twisted's text log does, with a final newline:
 * `2026-11-23T12:32:55+0000 [PoetryFactory] sending 3003 bytes`.
 *
 * The time is local, with its offset. Lines after the first begin with a tab.
 * Unlike Twisted, other control characters come out as `\x1b` and the like, so
 * that nothing logged can forge a line or command a terminal.
 */
export function formatText(event: LogEvent): string {
  const second = Math.floor(event.time / 1000)
  if (second !== stampSecond) {
    stamp = stampOf(new Date(second * 1000))
    stampSecond = second
  }
  const line = `${stamp} [${event.system}] ${event.text}`
  if (!SPECIAL.test(line)) return `${line}\n`
  const system = escaped(event.system).replaceAll('\n', '\\n')
  return `${stamp} [${system}] ${escaped(event.text).replaceAll('\n', '\n\t')}\n`
}

function escaped(text: string): string {
  return text.replace(CONTROLS, (control) => {
    if (control === '\r') return '\\r'
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

function stampOf(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const east = -date.getTimezoneOffset()
  const offset = two(Math.floor(Math.abs(east) / 60)) + two(Math.abs(east) % 60)
  return `${day}T${time}${east < 0 ? '-' : '+'}${offset}`
}
