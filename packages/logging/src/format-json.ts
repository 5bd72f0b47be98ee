import type { LogEvent } from './log-event.ts'
import { textOf } from './text-of.ts'

// DEL and C1, which JSON lets through and terminals obey.
const CONTROLS = /[\x7f-\x9f]/g
// Half of a pair is written as an escape, which jq for one refuses; any other escape
// is taken whole, so that a backslash that was logged is not read as the first of one.
const ESCAPES = /\\(?:u(d[89a-f]..)|.)/g

/**
 * Formats an event as one JSON object and a newline, with the names that log
 * shippers look for: `time` (ISO 8601, UTC, milliseconds), `level`, `system`,
 * `pid` and `message`; and for an error `error`, with `type`, `message`, `stack`
 * and, if it has one, `code`.
 *
 * Any reader of JSON can take it: half a surrogate pair comes out as U+FFFD. Control
 * characters are escaped, those from U+007F to U+009F as well.
 */
export function formatJson(event: LogEvent): string {
  const { level, text, error } = event
  const time = timeOf(event.time)
  const system = textOf(event.system)
  const { pid } = process
  if (!('error' in event)) return lineOf({ time, level, system, pid, message: text })
  const stack = textOf(error)
  // `log.err` has the stack below the reason; here it has a place of its own.
  const why = text.endsWith(stack) ? text.slice(0, -stack.length).trimEnd() : text
  const fields = errorFields(error, stack)
  const message = why === '' ? fields.message : why
  return lineOf({ time, level, system, pid, message, error: fields })
}

function lineOf(fields: object): string {
  const line = JSON.stringify(fields).replace(CONTROLS, escaped)
  return `${line.includes('\\ud') ? line.replace(ESCAPES, replaced) : line}\n`
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function replaced(whole: string, surrogate: string | undefined): string {
  return surrogate === undefined ? whole : '\ufffd'
}

interface ErrorFields {
  readonly type: string
  readonly message: string
  readonly code?: string | number
  readonly stack: string
}

function errorFields(error: unknown, stack: string): ErrorFields {
  try {
    if (error instanceof Error) {
      const { name, message } = error
      const { code } = error as { code?: unknown }
      const isPlain = typeof code === 'string' || typeof code === 'number'
      return { type: String(name), message: String(message), ...(isPlain ? { code } : {}), stack }
    }
  } catch {
    // A getter that throws must not kill whoever logs it.
  }
  return { type: typeof error, message: stack, stack }
}

let isoTime = Number.NaN
let iso = ''

function timeOf(time: number): string {
  if (time !== isoTime) {
    const date = new Date(time)
    iso = Number.isNaN(date.getTime()) ? String(time) : date.toISOString()
    isoTime = time
  }
  return iso
}
