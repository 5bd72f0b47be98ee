import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { CachedPlugin } from './cached-directory.ts'
import { fileKey, settled, type Watch } from './file-key.ts'
import { LATE, MOST_STRETCH, START_LIMIT } from './time-limit.ts'

/** What reading a dropin gave. */
export interface ReadDropin {
  readonly plugins: readonly CachedPlugin[]
  readonly faults: readonly string[]
  /** What its manifest rests on beside itself. */
  readonly imports: readonly Watch[]
  /** It isn't known to be the dropin's doing: to be tried again and not remembered. */
  readonly passing?: boolean
}

/** What the child reports of one dropin, a line each. */
export interface DropinReport {
  readonly file: string
  readonly plugins: readonly CachedPlugin[]
  readonly faults: readonly string[]
  readonly imports: readonly string[]
}

/** What the child says first: what goes wrong before is none of the dropins' doing. */
export const READY = 'ready'

/** Which dropins to read, and how. */
export interface ReadRequest {
  readonly files: readonly string[]
  /** The module that `import 'runnerd'` means for a dropin with no copy of its own. */
  readonly door: string
  /** How long the dropins of one child process may take on a machine that is idle, in seconds. */
  readonly limit: number
}

/**
 * Reads dropins by importing them in a child process with closed stdio and a
 * time limit. One that exits, hangs, floods memory or crashes is a fault, if it
 * does so in a child of its own too: it may have been another's left-over timer.
 */
export function readDropins({ files, ...how }: ReadRequest): ReadonlyMap<string, ReadDropin> {
  const read = new Map<string, ReadDropin>()
  let left = [...new Set(files)]
  while (left.length > 0) {
    const startedAt = Date.now()
    const { reports, end } = runReader({ files: left, ...how })
    for (const report of reports) read.set(report.file, toRead(report, startedAt))
    left = left.filter((file) => !read.has(file))
    if (reports.length > 0 || left.length === 0) continue
    read.set(left.shift()!, { plugins: [], imports: [], ...end })
  }
  return read
}

/** A file that changed after the child began may not be the one it read. */
function toRead({ plugins, faults, imports }: DropinReport, startedAt: number): ReadDropin {
  const watches = imports.map((path): Watch => [path, fileKey(path)])
  return { plugins, faults, imports: settled(watches, startedAt) }
}

type End = Pick<ReadDropin, 'faults' | 'passing'>

interface Reading {
  readonly reports: readonly DropinReport[]
  readonly end: End
}

function runReader({ files, door, limit }: ReadRequest): Reading {
  const child = spawnSync(
    process.execPath,
    ['--max-old-space-size=512', join(import.meta.dirname, 'dropin-reader.js')],
    {
      env: childVariables(),
      input: JSON.stringify({ files, door, limit } satisfies ReadRequest),
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      // It keeps the time itself; this is for one that can't even do that.
      timeout: (START_LIMIT + limit * MOST_STRETCH) * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
      windowsHide: true,
    },
  )
  const lines = String(child.output?.[3] ?? '').split('\n')
  const reports = lines.flatMap((line) => parseReport(line, files))
  const late = lines.findLast((line) => line.startsWith(`${LATE} `))
  const end = late
    ? { faults: [`it did not finish within ${late.slice(LATE.length + 1)} seconds`] }
    : howItEnded(child)
  return { reports, end: lines[0] === READY ? end : { ...end, passing: true } }
}

/** The last line may be cut off, and a dropin may have written among them. */
function parseReport(line: string, files: readonly string[]): DropinReport[] {
  try {
    const report = JSON.parse(line) as DropinReport
    return files.includes(report.file) ? [report] : []
  } catch {
    return []
  }
}

/** A debugger that is meant for runner would stop the child, or take its port. */
function childVariables(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...variables } = process.env
  if (NODE_OPTIONS === undefined) return variables
  const options = NODE_OPTIONS.split(' ').filter((option) => !option.startsWith('--inspect'))
  return { ...variables, NODE_OPTIONS: options.join(' ') }
}

function howItEnded({ error, signal, status }: ReturnType<typeof spawnSync>): End {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOBUFS') return { faults: ['it declares more than can be read'] }
  if (error) return { faults: [error.message], passing: true }
  // V8 ends with SIGABRT, or SIGTRAP, when its memory is full.
  const own = signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGSEGV'
  if (signal) return { faults: [`it was ended by ${signal}`], passing: !own }
  if (status === 13) return { faults: ['it awaits what never comes'] }
  return { faults: [`it exited with status ${status}`] }
}
