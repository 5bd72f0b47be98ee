import type { LogLevel } from './log-event.ts'

/** The levels as syslog(3) numbers them; the journal's are the same. */
export const severities: { readonly [level in LogLevel]: number } = {
  critical: 2,
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
}

/** Whether a level is as serious as another, or more so. */
export function isAsSerious(level: LogLevel, as: LogLevel): boolean {
  return severities[level] <= severities[as]
}
