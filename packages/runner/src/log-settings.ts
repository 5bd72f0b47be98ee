import type { LogFormat, LogLevel, LogSettings } from '@runnerd/logging'
import { UsageError } from '@runnerd/options'

/** The ways in which a line can be written. */
export const logFormats: readonly LogFormat[] = ['text', 'json']

/** The levels, from the most serious to the least. */
export const logLevels: readonly LogLevel[] = ['critical', 'error', 'warn', 'info', 'debug']

/**
 * The settings of the log that the command line asks for. Somebody else's logger
 * has a level of its own, which counts as long as none is given.
 *
 * @throws UsageError
 */
export function logSettingsOf(values: Readonly<Record<string, unknown>>): LogSettings {
  const usual = values.logger === undefined ? 'info' : 'debug'
  return {
    format: oneOf('option --log-format', logFormats, values['log-format']),
    level: oneOf('option --log-level', logLevels, values['log-level'] ?? usual),
    maxSize: bytes('option --log-max-size', values['log-max-size']),
    maxFiles: count('option --log-max-files', values['log-max-files']),
  }
}

const CHANGE = 'cannot change the log: '

const readers: { readonly [name in keyof LogSettings]: (value: unknown) => LogSettings[name] } = {
  format: (value) => oneOf(`${CHANGE}format`, logFormats, value),
  level: (value) => oneOf(`${CHANGE}level`, logLevels, value),
  maxSize: (value) => bytes(`${CHANGE}maxSize`, value),
  maxFiles: (value) => count(`${CHANGE}maxFiles`, value),
}

/**
 * Reads a change of the log's settings from JSON, which may say a size as the
 * command line does.
 *
 * @throws UsageError, and nothing is changed then
 */
export function readLogChange(change: Readonly<Record<string, unknown>>): Partial<LogSettings> {
  const entries = Object.entries(change).map(([name, value]) => {
    if (Object.hasOwn(readers, name)) return [name, readers[name as keyof LogSettings](value)]
    const known = Object.keys(readers).join(', ')
    throw new UsageError(`${CHANGE}it has no ${JSON.stringify(name)}`, {
      hint: `it has ${known}`,
    })
  })
  return Object.fromEntries(entries)
}

function oneOf<T extends string>(what: string, choices: readonly T[], value: unknown): T {
  const choice = choices.find((each) => each === value)
  if (choice !== undefined) return choice
  throw new UsageError(`${what} is one of ${choices.join(', ')}, not ${JSON.stringify(value)}`)
}

const UNITS: { readonly [unit: string]: number } = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

function bytes(what: string, value: unknown): number {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(String(value)) ?? []
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN)
  if (Number.isSafeInteger(size)) return size
  const shape = 'a number of bytes, such as 1000000, 500k, 10M or 1G'
  throw new UsageError(`${what} needs ${shape}, not ${JSON.stringify(value)}`)
}

function count(what: string, value: unknown): number {
  const number = typeof value === 'number' ? value : Number.NaN
  if (Number.isSafeInteger(number) && number >= 0) return number
  const shape = 'a whole number, 0 for every one'
  throw new UsageError(`${what} needs ${shape}, not ${JSON.stringify(value)}`)
}
