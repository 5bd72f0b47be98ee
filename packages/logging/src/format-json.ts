import type { LogEvent } from './log-event.ts'
import { textOf } from './text-of.ts'

/**
 * Formats an event as one JSON object and a newline, with the names that log
 * shippers look for: `time` (ISO 8601, UTC, milliseconds), `level`, `system`,
 * `pid` and `message`; and for an error `error`, with `type`, `message`, `stack`
 * and, if it has one, `code`.
 */
export function formatJson(event: LogEvent): string {
  const { level, system, text, error } = event
  const time = timeOf(event.time)
  const { pid } = process
  if (error === undefined) {
    return `${JSON.stringify({ time, level, system, pid, message: text })}\n`
  }
  const stack = textOf(error)
  // `log.err` has the stack below the reason; here it has a place of its own.
  const why = text.endsWith(stack) ? text.slice(0, -stack.length).trimEnd() : text
  const fields = errorFields(error, stack)
  const message = why === '' ? fields.message : why
  return `${JSON.stringify({ time, level, system, pid, message, error: fields })}\n`
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
