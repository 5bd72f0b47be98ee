import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

const BLOCK = 65_536

/** A file of a log, open; it may have got another name since. */
export class LogPart {
  readonly stats: Stats
  readonly #fd: number

  /** @throws the system's error, or one of code `ENOTFILE`, such as for a pipe */
  constructor(path: string) {
    // A pipe would wait for somebody to open its other end.
    if (!statSync(path).isFile()) throw Object.assign(new Error('not a file'), { code: 'ENOTFILE' })
    this.#fd = openSync(path, 'r')
    this.stats = fstatSync(this.#fd)
  }

  get size(): number {
    return fstatSync(this.#fd).size
  }

  /** Up to 64 KB from `at`; empty at the end. */
  read(at: number, length: number = BLOCK): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(length, BLOCK))
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, bytes.length, at))
  }

  /** Whether it is the file that has these stats. */
  is(stats: Stats | undefined): boolean {
    return stats !== undefined && stats.ino === this.stats.ino && stats.dev === this.stats.dev
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** A rotated file of a log: `runner.log.3`. The higher the number, the newer. */
export interface RotatedPart {
  readonly path: string
  readonly number: number
}

/** The rotated files of the log at `path`, the oldest first. */
export function rotatedParts(path: string): RotatedPart[] {
  const prefix = `${basename(path)}.`
  const dir = dirname(path)
  return readdirSync(dir)
    .filter((name) => name.startsWith(prefix) && /^\d{1,15}$/.test(name.slice(prefix.length)))
    .map((name) => ({ path: join(dir, name), number: Number(name.slice(prefix.length)) }))
    .sort((a, b) => a.number - b.number)
}

/** Those that are older than a part, which may have been rotated since it was opened. */
export function partsBefore(path: string, part: LogPart): RotatedPart[] {
  const parts = rotatedParts(path)
  const own = parts.findIndex((each) => isNow(each.path, part))
  return own < 0 ? parts : parts.slice(0, own)
}

/** Whether a part has this path now. */
export function isNow(path: string, part: LogPart): boolean {
  return part.is(statSync(path, { throwIfNoEntry: false }))
}

/** Opens a part, which may be gone by now. */
export function openPart(path: string): LogPart | undefined {
  try {
    return new LogPart(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
