import { resolve } from 'node:path'
import { LogOpenError } from './errors.ts'
import { formatText } from './format-text.ts'
import { LiveFile } from './live-file.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogEvent } from './log-event.ts'
import { RotatingFile } from './rotating-file.ts'

/** twistd's limit. */
const MAX_SIZE = 1_000_000

/** How a log file is opened. */
export interface LogFileOptions {
  /** The size in bytes at which the file is rotated; 0 means never. Default: 1,000,000. */
  readonly maxSize?: number
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
  /** Writes an event as {@link formatText} formats it. Does nothing once closed. */
  write(event: LogEvent): void
  /** Rotates now, however small the file is. */
  rotate(): void
  /** Opens the path again, as after an external logrotate has moved the file away. */
  reopen(): void
  /** Has the changes in the log's directory made by somebody else from now on. */
  setDirectory(directory: LogDirectory): void
  /** Closes it; a promise where lines are still under way then. Doing so twice does nothing. */
  close(): Promise<void> | void
}

/**
 * Opens a log file for appending, and makes it if it is not there.
 *
 * `path` is always the newest log. Before a write that finds it at `maxSize` or
 * larger it becomes `path.N`, N being one more than the highest number there, and
 * a new `path` takes its place. Every numbered file is kept. A symbolic link is
 * followed, and its target rotated. A device, pipe or terminal is never rotated.
 *
 * As in twistd, if the file exists its mode is given to all later files, else each
 * gets what the umask of its time leaves of 0666. A missing directory is not made.
 *
 * @throws LogOpenError with code `ERR_LOG_OPEN`
 */
export function openLogFile(path: string, options: LogFileOptions = {}): LogFile {
  try {
    return new RotatedLog(new LiveFile(resolve(path), options.mode), options.maxSize ?? MAX_SIZE)
  } catch (error) {
    throw new LogOpenError(path, error)
  }
}

class RotatedLog implements LogFile {
  readonly path: string
  readonly #live: LiveFile
  readonly #maxSize: number
  /** The size at which to rotate, while this writes the file directly. */
  #due: number
  /** Writes the file since the first rotation; see {@link RotatingFile}. */
  #rotating: RotatingFile | undefined
  #unloadable = false
  #closed = false

  constructor(live: LiveFile, maxSize: number) {
    this.path = live.path
    this.#live = live
    this.#maxSize = maxSize > 0 ? maxSize : Number.POSITIVE_INFINITY
    this.#due = this.#dueSize()
  }

  write(event: LogEvent): void {
    if (this.#closed) return
    const line = formatText(event)
    if (this.#live.size >= this.#due && this.#rotating === undefined) this.#rotateDue()
    if (this.#rotating === undefined) this.#live.append(line)
    else if (!this.#rotating.write(event.level, line)) this.#writeDirectly()
  }

  rotate(): void {
    if (this.#closed || !this.#live.rotatable) return
    this.#live.rotate()
    this.#writeDirectly()
  }

  reopen(): void {
    if (this.#closed) return
    this.#live.reopen()
    this.#writeDirectly()
  }

  setDirectory(directory: LogDirectory): void {
    this.#live.directory = directory
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#rotating?.close()
    this.#live.close()
  }

  #rotateDue(): void {
    if (this.#live.measure() < this.#due) return
    if (!this.#live.rotate()) {
      // Tried again when as much again has been written, not at each line.
      this.#due = this.#live.size + this.#maxSize
      return
    }
    this.#due = this.#dueSize()
    if (this.#live.size === 0 && !this.#unloadable) this.#load()
  }

  #load(): void {
    try {
      this.#rotating = new RotatingFile(this.#live, this.#maxSize)
    } catch {
      // In a chroot, or for a user who may not read node_modules: rotate without it.
      this.#unloadable = true
      this.#live.say('cannot load winston; the log is rotated without it')
    }
  }

  /** Goes on with the size of the file as it is: winston would go on with its own count. */
  #writeDirectly(): void {
    this.#rotating?.close()
    this.#rotating = undefined
    this.#due = this.#dueSize()
  }

  #dueSize(): number {
    return this.#live.rotatable ? this.#maxSize : Number.POSITIVE_INFINITY
  }
}
