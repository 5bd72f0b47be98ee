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
const GZIP = '.gz'

/** A file of a log, open; it may have got another name since. */
export class LogPart {
  readonly stats: Stats
  readonly #fd: number
  readonly #isUnpacked: boolean

  /**
   * @param unpacked a descriptor of what is in it, if it is compressed
   * @throws the system's error, or one of code `ENOTFILE`, such as for a pipe
   */
  constructor(path: string, unpacked?: number) {
    const stats = statSync(path)
    // A pipe would wait for somebody to open its other end.
    if (!stats.isFile()) throw Object.assign(new Error('not a file'), { code: 'ENOTFILE' })
    this.#isUnpacked = unpacked !== undefined
    this.#fd = unpacked ?? openSync(path, 'r')
    this.stats = this.#isUnpacked ? stats : fstatSync(this.#fd)
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

  /** Whether it is what the other one was compressed to after that had been opened. */
  isMadeOf(other: LogPart): boolean {
    const { size } = this
    if (!this.#isUnpacked || size !== other.size || fstatSync(other.#fd).nlink > 0) return false
    const at = Math.max(0, size - BLOCK)
    return this.read(at).equals(other.read(at))
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** A rotated file of a log: `runner.log.3`, or `runner.log.3.gz`. The higher the number, the newer. */
export interface RotatedPart {
  readonly path: string
  readonly number: number
}

/** The rotated files of the log at `path`, the oldest first. */
export function rotatedParts(path: string): RotatedPart[] {
  const prefix = `${basename(path)}.`
  const dir = dirname(path)
  const names = readdirSync(dir).filter((name) => name.startsWith(prefix))
  const parts = names.flatMap((name): RotatedPart[] => {
    const [, number, gzip] = /^(\d{1,15})(\.gz)?$/.exec(name.slice(prefix.length)) ?? []
    // While it is being compressed there are both, and one of them is not whole.
    const isDouble = gzip !== undefined && names.includes(`${prefix}${number}`)
    return number === undefined || isDouble
      ? []
      : [{ path: join(dir, name), number: Number(number) }]
  })
  return parts.sort((a, b) => a.number - b.number)
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

/** Opens what has a path now; `undefined` if nothing has. */
export function openNow(path: string): LogPart | undefined {
  try {
    return new LogPart(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Opens a part, which may be compressed, or be so by now, or be gone.
 *
 * @param complain hears what is wrong with one that is damaged; the part is what can be had of it
 */
export async function openPart(
  path: string,
  complain: (line: string) => void,
): Promise<LogPart | undefined> {
  if (!path.endsWith(GZIP)) return openNow(path) ?? (await openPart(`${path}${GZIP}`, complain))
  const { unpacked } = await import('./unpacked.ts')
  try {
    return new LogPart(path, await unpacked(path, complain))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
