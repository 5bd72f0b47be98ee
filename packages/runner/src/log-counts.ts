import type { LogEvent, LogFile, LogLevel } from '@runnerd/logging'

/** How many lines of each level were logged, and how many of all could not be written. */
export class LogCounts {
  readonly lines: { [level in LogLevel]: number } = {
    critical: 0,
    error: 0,
    warn: 0,
    info: 0,
    debug: 0,
  }
  #file: LogFile | undefined

  /** From now on they go to this log. */
  goTo(file: LogFile): void {
    this.#file = file
  }

  count({ level }: LogEvent): void {
    this.lines[level] += 1
  }

  get lost(): number {
    return this.#file?.lost ?? 0
  }

  /** Whether lines of a level are logged now. */
  accepts(level: LogLevel): boolean {
    return this.#file?.accepts(level) ?? true
  }
}
