import { formatJson } from './format-json.ts'
import { formatText } from './format-text.ts'
import type { LogEvent } from './log-event.ts'
import type { LogFormat } from './log-settings.ts'

/**
 * Makes a line of an event, its newline included.
 *
 * @internal
 */
export type Formatter = (event: LogEvent) => string

const formatters: Readonly<Record<LogFormat, Formatter>> = { text: formatText, json: formatJson }

/**
 * The formatter of that name.
 *
 * @internal
 */
export function formatterOf(format: LogFormat): Formatter {
  return formatters[format]
}
