import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs'
import { ExitStatus } from './exit-status.ts'
import { startOf } from './process-state.ts'
import { RunnerError } from './runner-error.ts'

/** A pid can't have begun after its file was written; clocks may be this far off, in ms. */
const SLACK = 1500

/** Why a pid file can't be had, in words. */
export const reasons: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
}

/** What a pid file says. */
export interface FoundPid {
  readonly pid: number
  readonly writtenAt: number
}

/**
 * Reads a pid file; `undefined` if there is none.
 *
 * @throws RunnerError when it has no pid in it, or can't be read
 */
export function readPidFile(path: string): FoundPid | undefined {
  let text: string
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) {
      // Nothing can be put in its place, and there is nothing to be read.
      const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
      if (isLink) throw invalid(path, 'a link that leads nowhere')
      return undefined
    }
    if (!stats.isFile()) throw invalid(path, 'not a file')
    text = readFileSync(path, 'utf8').slice(0, 100)
  } catch (error) {
    if (error instanceof RunnerError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw invalid(path, reasons[code ?? ''] ?? String(code), error)
  }
  const pid = /^\s*([1-9]\d{0,9})\s*$/.exec(text)?.[1]
  if (pid === undefined) throw invalid(path, 'it contains no process id')
  return { pid: Number(pid), writtenAt: stats.mtimeMs }
}

/** A pid is stale when its process is gone, and when it now belongs to a younger one. */
export function isAlive({ pid, writtenAt }: FoundPid): boolean {
  if (pid === process.pid) return false
  const startedAt = startOf(pid)
  return startedAt !== undefined && startedAt <= writtenAt + SLACK
}

function invalid(path: string, reason: string, cause?: unknown): RunnerError {
  const message = `cannot read pid file ${path}: ${reason}`
  const hint = 'remove it if nothing of yours is running'
  return new RunnerError('ERR_PID_FILE', ExitStatus.CONFIG, message, { hint, cause })
}
