import { createRequire } from 'node:module'
import type { createLogger, Logger } from 'winston'
import type DailyRotateFile from 'winston-daily-rotate-file'
import type { LiveFile } from './live-file.ts'
import type { LogLevel } from './log-event.ts'

const LEVELS: Record<LogLevel, number> = { critical: 0, error: 1, warn: 2, info: 3, debug: 4 }

// What winston-daily-rotate-file may call its file. It is never made, see `open` below; it
// refuses some characters in real names, and gives out a number again that was deleted.
const NAME = '/.runner-log'

// The keys under which winston's parts find the level and the finished line.
const LEVEL = Symbol.for('level')
const MESSAGE = Symbol.for('message')

/**
 * A winston logger whose winston-daily-rotate-file transport decides when the live
 * file is full. The transport's streams get a file system of ours, the `fs` option
 * of `fs.createWriteStream`: opening the next file means rotating the live one,
 * and a write is done when it returns.
 *
 * Loading winston takes longer than all the rest of a start, so making one of
 * these is put off until the first rotation.
 *
 * @internal
 */
export class RotatingFile {
  readonly #live: LiveFile
  readonly #maxSize: number
  readonly #logger: Logger
  /** The line that is being written, until it is in the file. */
  #line: string | undefined
  #inStep = true

  /** Takes over a live file that is empty. Throws if winston cannot be loaded. */
  constructor(live: LiveFile, maxSize: number) {
    this.#live = live
    this.#maxSize = maxSize
    const require = createRequire(import.meta.filename)
    const winston = require('winston') as { createLogger: typeof createLogger }
    const Transport = require('winston-daily-rotate-file') as typeof DailyRotateFile
    const transport = new Transport({
      filename: NAME,
      auditFile: NAME,
      frequency: 'never',
      maxSize: sizeText(maxSize),
      eol: '',
      options: { flags: 'a', fs: this.#fileSystem() },
    })
    transport.on('rotate', () => this.#rotate())
    // A line that a stream refuses is written all the same, see `write`.
    transport.logStream.on('error', () => {})
    this.#logger = winston.createLogger({
      levels: LEVELS,
      level: 'debug',
      format: asItIs as Logger['format'],
      transports: [transport],
    })
  }

  /**
   * Writes a finished line, to the next file if this one is full.
   *
   * @returns false if the transport's idea of the size is wrong; close this then
   */
  write(level: LogLevel, line: string): boolean {
    this.#line = line
    try {
      this.#logger.write({ level, message: '', [LEVEL]: level, [MESSAGE]: line })
    } catch {
      // The line is not written yet, so it is written below.
    }
    // A stream that was opened in this turn of the event loop keeps its lines until the
    // next, where a killed process would never come: such a line is written here.
    this.#append()
    return this.#inStep
  }

  close(): void {
    this.#logger.close()
  }

  #append(): void {
    if (this.#line === undefined) return
    this.#live.append(this.#line)
    this.#line = undefined
  }

  #rotate(): void {
    // It counts what it was given: not what was lost to a full disk, or truncated since.
    const full = this.#live.measure() >= this.#maxSize
    this.#inStep = full && !(this.#live.rotate() && this.#live.size > 0)
  }

  #fileSystem(): object {
    type Done = (error: null, result?: number) => void
    return {
      // The live file is open and stays so: the descriptor is only a token here.
      open: (_path: string, _flags: string, _mode: number, done: Done) => done(null, 0),
      close: (_fd: number, done: Done) => done(null),
      write: (_fd: number, _data: Buffer, _from: number, length: number, _at: null, done: Done) => {
        // What comes when no line is being written was kept by a stream, and is in the file.
        this.#append()
        done(null, length)
      },
    }
  }
}

const asItIs = { transform: (info: unknown): unknown => info }

/**
 * Says a size in the transport's own words: a fraction of a gigabyte, because its
 * numbers of bytes are rounded to kilobytes. It rotates when a file is larger than
 * its limit, not when it has reached it, hence half a byte less.
 */
function sizeText(bytes: number): string {
  const gigabyte = 2 ** 30
  if (bytes > gigabyte) return `${Math.ceil(bytes / 1024)}k`
  return `${((bytes - 0.5) / gigabyte).toFixed(31)}g`
}
