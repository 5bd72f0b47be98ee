import { type Formatter, formatterOf } from './formatter.ts'
import { LiveFile } from './live-file.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogEvent, LogLevel } from './log-event.ts'
import type { LogFile, LogFileOptions } from './log-file.ts'
import { changed, defaultLogSettings, type LogSettings } from './log-settings.ts'
import { LookAround } from './look-around.ts'
import { RotatingFile } from './rotating-file.ts'
import { isAsSerious } from './severities.ts'
import { pause } from './write-fully.ts'

/** A rotation that failed is tried again so many bytes later, one that another is at with the next line. */
const RETRY = 65_536

/** How long somebody else's rotation counts as the one that is asked for, in ms. */
const JUST_NOW = 1000

/**
 * The {@link LogFile} of a file.
 *
 * @internal
 */
export class RotatedLog implements LogFile {
  readonly path: string
  readonly #live: LiveFile
  readonly #lookAround: LookAround
  #settings: LogSettings = defaultLogSettings
  #format: Formatter
  /** The size at which to rotate, and at which to try again when that could not be done. */
  #limit = Number.POSITIVE_INFINITY
  #due = Number.POSITIVE_INFINITY
  /** Writes the file since the first rotation; see {@link RotatingFile}. */
  #rotating: RotatingFile | undefined
  #unloadable = false
  /** What was asked for and could not be done yet. */
  #owed: 'rotate' | 'reopen' | undefined
  #replacedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(path: string, { mode, ...settings }: LogFileOptions) {
    this.path = path
    this.#format = formatterOf(settings.format ?? defaultLogSettings.format)
    this.#live = new LiveFile(path, mode, this.#format)
    this.#lookAround = new LookAround(this.#live)
    this.configure(settings)
  }

  get lost(): number {
    return this.#live.lost
  }

  get settings(): LogSettings {
    return this.#settings
  }

  configure(change: Partial<LogSettings>): void {
    if (this.#closed) return
    this.#settings = changed(this.#settings, change)
    this.#format = formatterOf(this.#settings.format)
    this.#live.format = this.#format
    this.#live.maxFiles = this.#settings.maxFiles
    this.#rotating?.close()
    this.#rotating = undefined
    this.#setLimit()
  }

  accepts(level: LogLevel): boolean {
    return isAsSerious(level, this.#settings.level)
  }

  write(event: LogEvent): void {
    if (this.#closed || !this.accepts(event.level)) return
    const line = this.#format(event)
    if (this.#lookAround.isDue(event.time)) this.#look(event.time)
    // While a rotation is to be tried again, the transport would try it at each line.
    if (this.#due === this.#limit && this.#rotating?.write(event.level, line)) return
    if (this.#live.size >= this.#due) this.#rotateDue(event.time)
    this.#live.append(line)
  }

  rotate(): void {
    if (this.#closed) return
    if (!this.#live.rotatable) {
      if (this.#live.isGone) this.reopen()
      return
    }
    if (performance.now() - this.#replacedAt < JUST_NOW) return
    this.#owed = 'rotate'
    this.#look(Date.now())
  }

  reopen(): void {
    if (this.#closed) return
    this.#owed = 'reopen'
    this.#settleOwed()
  }

  setDirectory(directory: LogDirectory): void {
    this.#live.directory = directory
  }

  setPath(path: string): void {
    this.#live.setPath(path)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#rotating?.close()
    this.#live.close()
  }

  #look(time: number): void {
    if (this.#live.look()) {
      this.#replacedAt = performance.now()
      this.#owed = undefined
    }
    if (this.#owed !== undefined) this.#settleOwed()
    // A new file is due later than the one that could not be rotated; a truncated one too.
    if (this.#live.size < this.#limit) this.#due = this.#limit
    this.#lookAround.looked(time, this.#limit)
  }

  #settleOwed(): void {
    const done = this.#owed === 'rotate' ? this.#live.rotate() === 'done' : this.#live.reopen()
    if (!done) return
    this.#owed = undefined
    this.#setLimit()
    this.#lookAround.looked(Date.now(), this.#limit)
  }

  #rotateDue(time: number): void {
    this.#rotateIfFull(time)
    if (this.#live.size === 0 && !this.#rotating?.inStep && !this.#unloadable) this.#load()
  }

  #rotateIfFull(time: number): void {
    // Others may have truncated or rotated it since this looked.
    this.#look(time)
    if (this.#live.size < this.#due) return
    const rotation = this.#live.rotate()
    // Whoever is at it needs the processor, and the file is not to grow meanwhile.
    if (rotation === 'busy') pause(1)
    const later = rotation === 'busy' ? 1 : RETRY
    this.#due = rotation === 'done' ? this.#limit : this.#live.size + Math.min(later, this.#limit)
  }

  #load(): void {
    this.#rotating?.close()
    this.#rotating = undefined
    try {
      const rotate = (): void => this.#rotateIfFull(Date.now())
      this.#rotating = new RotatingFile(this.#live, this.#limit, rotate)
    } catch {
      // In a chroot, or for a user who may not read node_modules: rotate without it.
      this.#unloadable = true
      this.#live.say('cannot load winston; the log is rotated without it')
    }
  }

  #setLimit(): void {
    const { maxSize } = this.#settings
    this.#limit = maxSize > 0 && this.#live.rotatable ? maxSize : Number.POSITIVE_INFINITY
    this.#due = this.#limit
  }
}
