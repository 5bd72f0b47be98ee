import { type Formatter, formatterOf } from './formatter.ts'
import type { LogEvent, LogLevel } from './log-event.ts'
import type { LogFile } from './log-file.ts'
import { changed, defaultLogSettings, type LogSettings } from './log-settings.ts'
import { isAsSerious } from './severities.ts'

/**
 * A log that is no file: there is nothing to rotate, to open again or to make, and
 * the settings that have to do with it are only remembered.
 *
 * @internal
 */
export abstract class UnrotatedLog implements LogFile {
  abstract readonly path: string
  abstract readonly lost: number
  #settings = defaultLogSettings
  protected format: Formatter = formatterOf(this.#settings.format)

  abstract write(event: LogEvent): void
  abstract close(): Promise<void> | void

  get settings(): LogSettings {
    return this.#settings
  }

  configure(change: Partial<LogSettings>): void {
    this.#settings = changed(this.#settings, change)
    this.format = formatterOf(this.#settings.format)
  }

  accepts(level: LogLevel): boolean {
    return isAsSerious(level, this.#settings.level)
  }

  rotate(): void {}
  reopen(): void {}
  setDirectory(): void {}
  setPath(): void {}
}
