import { resolve } from 'node:path'
import { LogOpenError } from './errors.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogEvent, LogLevel } from './log-event.ts'
import type { LogSettings } from './log-settings.ts'
import { RotatedLog } from './rotated-log.ts'

/** How a log file is opened. What is left out is as twistd has it: `defaultLogSettings`. */
export interface LogFileOptions extends Partial<LogSettings> {
  /** The exact mode of the file and of those after it. Default: see {@link openLogFile}. */
  readonly mode?: number
}

/**
 * A log that is open. A line is with the system when `write` returns, so nothing
 * that was logged is lost however the process ends. No method throws: what goes
 * wrong with a log is said in the log and never stops the service.
 */
export interface LogFile {
  /** The absolute path that was asked for, `-` for a descriptor. */
  readonly path: string
  /** How many lines could not be written since it was opened; the log says so too. */
  readonly lost: number
  /** How it is written now. */
  readonly settings: LogSettings
  /** Changes how it is written from the next event on; what is left out stays as it is. */
  configure(change: Partial<LogSettings>): void
  /** Whether events of a level are written. */
  accepts(level: LogLevel): boolean
  /** Writes an event, if its level is accepted. Does nothing once closed. */
  write(event: LogEvent): void
  /**
   * Rotates now, however small the file is. If it was moved away, or somebody else
   * has put another in its place within the last second, it is only opened anew. So
   * is a device or a fifo that isn't at the path any more; else it is left alone.
   */
  rotate(): void
  /** Opens the path again, as after an external logrotate has moved the file away. */
  reopen(): void
  /** Has the changes in the log's directory made by somebody else from now on. */
  setDirectory(directory: LogDirectory): void
  /** Has the file at another path from now on, an absolute one: the root has changed. */
  setPath(path: string): void
  /** Closes it; a promise where lines are still under way then. Doing so twice does nothing. */
  close(): Promise<void> | void
}

/**
 * Opens a log file for appending, and makes it if it is not there.
 *
 * `path` is always the newest log. Before a write that finds it at `maxSize` or
 * larger it becomes `path.N`, N being one more than the highest number there, and
 * a new `path` takes its place. A symbolic link is followed, and its target
 * rotated. A device, pipe or terminal is never rotated.
 *
 * Several processes may have one file open. Any of them rotates it; the others
 * notice before they write, at the latest when they have written 16 KiB or 10 ms
 * have passed since they looked.
 *
 * As in twistd, if the file exists its mode is given to all later files, else each
 * gets what the umask of its time leaves of 0666. A missing directory is not made.
 *
 * @throws LogOpenError with code `ERR_LOG_OPEN`
 */
export function openLogFile(path: string, options: LogFileOptions = {}): LogFile {
  try {
    return new RotatedLog(resolve(path), options)
  } catch (error) {
    throw new LogOpenError(path, error)
  }
}
