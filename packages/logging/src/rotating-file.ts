import { createRequire } from 'node:module'
import type { createLogger, Logger } from 'winston'
import type DailyRotateFile from 'winston-daily-rotate-file'
import type { LiveFile } from './live-file.ts'
import type { LogLevel } from './log-event.ts'
import { severities } from './severities.ts'

type Winston = { createLogger: typeof createLogger }

// What winston-daily-rotate-file may call its file. It is never made, see `open` below; it
// refuses some characters in real names, and gives out a number again that was deleted.
const NAME = '/.runner-log'

// The keys under which winston's parts find the level and the finished line.
const LEVEL = Symbol.for('level')
const MESSAGE = Symbol.for('message')

/** What the transport is told in one piece of what it didn't write itself. */
const PIECE = ' '.repeat(65_536)
/** How far it may have fallen behind; what is further behind is not worth to be told. */
const FARTHEST = 64 * PIECE.length
/** How many bytes a character of a text may have. */
const MOST_BYTES = 3
/** How far it may fall behind while the file is not nearly full. */
const FAR = FARTHEST / 2

/**
 * A winston logger whose winston-daily-rotate-file transport decides when the live
 * file is full. The transport's streams get a file system of ours, the `fs` option
 * of `fs.createWriteStream`: opening the next file means rotating the live one,
 * and a write is done when it returns.
 *
 * It is asked only when the file is nearly full: a line that passes through winston costs
 * about as much again as its write. What it was not given it is told of then.
 *
 * A stream that was opened in this turn of the event loop keeps all it is given
 * until the next, and a killed process has no next: meanwhile lines are refused
 * here. When it is ready again the transport is told of the bytes that it has
 * missed, those of other processes among them.
 *
 * Loading winston takes longer than all the rest of a start, so making one of
 * these is put off until the first rotation.
 *
 * @internal
 */
export class RotatingFile {
  readonly #live: LiveFile
  readonly #rotate: () => void
  /** From this size on the file is nearly full. */
  readonly #nearlyFull: number
  readonly #logger: Logger
  /** The line that is being written, until it is in the file. */
  #line: string | undefined
  /** How many bytes of the live file the transport knows of. */
  #told = 0
  #ready = false

  /**
   * Takes over a live file that is empty. Throws if winston cannot be loaded.
   *
   * @param rotate rotates the live file
   */
  constructor(live: LiveFile, maxSize: number, rotate: () => void) {
    this.#live = live
    this.#rotate = rotate
    this.#nearlyFull = maxSize - PIECE.length
    const { winston, Transport } = libraries()
    const transport = new Transport({
      filename: NAME,
      auditFile: NAME,
      frequency: 'never',
      maxSize: sizeText(maxSize),
      eol: '',
      options: { flags: 'a', fs: this.#fileSystem() },
    })
    transport.on('rotate', () => {
      this.#told = 0
      this.#rotate()
    })
    // A line that a stream refuses is written all the same, see `write`.
    transport.logStream.on('error', () => {})
    this.#logger = winston.createLogger({
      levels: severities,
      level: 'debug',
      format: asItIs as Logger['format'],
      transports: [transport],
    })
    this.#waitForTurn()
  }

  /** Whether the transport's idea of the size is right, or can still be put right. */
  get inStep(): boolean {
    const missed = this.#live.size - this.#told
    return missed >= 0 && missed <= FARTHEST
  }

  /**
   * Writes a finished line, to the next file if this one is full.
   *
   * @returns false if it can't just now, or is not needed, and has not written the line
   */
  write(level: LogLevel, line: string): boolean {
    if (!this.#ready || this.#isFar(line) || !this.inStep) return false
    for (let missed = this.#live.size - this.#told; missed > 0; missed -= PIECE.length) {
      this.#give(level, missed < PIECE.length ? PIECE.slice(0, missed) : PIECE)
    }
    this.#line = line
    this.#give(level, line)
    // A stream opened for this very line keeps it, and one that failed has dropped it.
    if (this.#line !== undefined) this.#waitForTurn()
    this.#append()
    return true
  }

  /** Whether the file can't be full with this line, and the transport need not know of it yet. */
  #isFar(line: string): boolean {
    const { size } = this.#live
    return size - this.#told < FAR && size + MOST_BYTES * line.length < this.#nearlyFull
  }

  close(): void {
    this.#logger.close()
  }

  #give(level: LogLevel, text: string): void {
    try {
      this.#logger.write({ level, message: '', [LEVEL]: level, [MESSAGE]: text })
    } catch {
      // The line is not written yet, so `write` does it.
    }
    this.#told += Buffer.byteLength(text)
  }

  #append(): void {
    if (this.#line === undefined) return
    this.#live.append(this.#line)
    this.#line = undefined
  }

  #waitForTurn(): void {
    this.#ready = false
    setImmediate(() => {
      this.#ready = true
    }).unref()
  }

  #fileSystem(): object {
    type Done = (error: null, result?: number) => void
    return {
      // The live file is open and stays so: the descriptor is only a token here.
      open: (_path: string, _flags: string, _mode: number, done: Done) => done(null, 0),
      close: (_fd: number, done: Done) => done(null),
      write: (_fd: number, _data: Buffer, _from: number, length: number, _at: null, done: Done) => {
        // What comes when no line is being written is in the file already.
        this.#append()
        done(null, length)
      },
    }
  }
}

/**
 * Loads now what is loaded at the first rotation else: it may be out of reach then.
 * Does nothing where it is already.
 */
export function loadRotation(): void {
  try {
    const { Transport } = libraries()
    // Making one loads the rest of it; it opens nothing before its first line.
    const done = (...args: unknown[]): void => (args.at(-1) as (...a: unknown[]) => void)(null, 0)
    const options = { fs: { open: done, write: done, close: done } }
    new Transport({ filename: NAME, auditFile: NAME, frequency: 'never', options }).close?.()
  } catch {
    // The first rotation will say so.
  }
}

function libraries(): { winston: Winston; Transport: typeof DailyRotateFile } {
  const require = createRequire(import.meta.filename)
  return { winston: require('winston'), Transport: require('winston-daily-rotate-file') }
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
