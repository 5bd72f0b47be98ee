import type { LogEvent } from './log-event.ts'
import type { LogFile } from './log-file.ts'

/**
 * A log that is no file: there is nothing to rotate, to open again or to make.
 *
 * @internal
 */
export abstract class UnrotatedLog implements LogFile {
  abstract readonly path: string
  abstract write(event: LogEvent): void
  abstract close(): Promise<void> | void

  rotate(): void {}
  reopen(): void {}
  setDirectory(): void {}
}
