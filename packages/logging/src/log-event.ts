/** Twisted's logger levels, from the least to the most serious. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'critical'

/** One thing that was logged. */
export interface LogEvent {
  /** When it was logged, in milliseconds since the epoch. */
  readonly time: number
  readonly level: LogLevel
  /** Who logged it, shown in brackets; `-` when nobody said. */
  readonly system: string
  /** What was logged; it may have several lines and has no final newline. */
  readonly text: string
  /** The error that was logged, whatever it is; there only if one was. `text` has its stack. */
  readonly error?: unknown
}

/** Receives each event, synchronously, in the order of logging. */
export type LogObserver = (event: LogEvent) => void
