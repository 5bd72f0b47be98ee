import type { LogLevel } from './log-event.ts'

/** How a line is written: as Twisted's text, or as one JSON object. */
export type LogFormat = 'text' | 'json'

/** What may be changed of a log while it is open. */
export interface LogSettings {
  readonly format: LogFormat
  /** The least serious level that is logged. */
  readonly level: LogLevel
  /** The size in bytes at which the file is rotated; 0 means never. */
  readonly maxSize: number
  /** How many rotated files are kept; 0 means every one. */
  readonly maxFiles: number
}

/** twistd's: text, files of 1,000,000 bytes, all of them kept. */
export const defaultLogSettings: LogSettings = {
  format: 'text',
  level: 'info',
  maxSize: 1_000_000,
  maxFiles: 0,
}

/**
 * Settings with some of them changed; what is left out or `undefined` stays.
 *
 * @internal
 */
export function changed(settings: LogSettings, change: Partial<LogSettings>): LogSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  return { ...settings, ...Object.fromEntries(given) }
}
