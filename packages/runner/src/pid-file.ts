import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { ExitStatus } from './exit-status.ts'
import { openLocked } from './kernel-lock.ts'
import { startOf } from './process-state.ts'
import { RunnerError } from './runner-error.ts'

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants

/** A pid can't have begun after its file was written; clocks may be this far off, in ms. */
const SLACK = 1500

/** The pid file of this process, from `claim` to `remove`. */
export interface PidFile {
  /** Removes it, if it is still this process's. Doing so twice does nothing. */
  remove(): void
}

/** For a process without a pid file. */
export const noPidFile: PidFile = { remove() {} }

/**
 * Looks whether the pid file stands in the way, without touching it.
 *
 * @throws RunnerError when its process lives, or it has no pid in it
 *
 * @see Twisted's `checkPID`
 */
export function checkPID(path: string): void {
  const found = look(path)
  if (found !== undefined && isAlive(found)) throw alreadyRunning(found.pid, path)
}

/**
 * Makes this process the one that the pid file names, or fails. Of any number
 * that try at once exactly one succeeds: the file appears whole and locked, under
 * its name only by link(2), or by rename(2) over one whose lock was had.
 *
 * @param mode its permissions, whatever the umask
 * @param onStale called with the path when a dead process's file is replaced
 * @throws RunnerError when another process has it, or it has no pid in it
 */
export function claimPidFile(
  path: string,
  mode: number,
  onStale: (path: string) => void = () => {},
): PidFile {
  const draft = `${path}.${process.pid}.tmp`
  const fd = makeDraft(draft, path, mode)
  try {
    place(draft, path, onStale)
  } catch (error) {
    closeSync(fd)
    unlinkSync(draft)
    throw error
  }
  return { remove: () => release(path, fd) }
}

function makeDraft(draft: string, path: string, mode: number): number {
  try {
    discard(draft)
    const fd = openLocked(draft, O_RDWR | O_CREAT | O_EXCL, mode) as number
    fchmodSync(fd, mode)
    writeSync(fd, String(process.pid))
    return fd
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'no such directory' : (reasons[code ?? ''] ?? String(code))
    const status = code === 'EACCES' ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
    const message = `cannot write pid file ${path}: ${reason}`
    throw new RunnerError('ERR_PID_FILE', status, message, { cause: error })
  }
}

const reasons: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
}

function place(draft: string, path: string, onStale: (path: string) => void): void {
  for (;;) {
    if (linked(draft, path)) {
      unlinkSync(draft)
      return
    }
    const found = look(path)
    if (found === undefined) continue
    const fd = openExisting(path)
    if (fd === 'gone') continue
    if (fd === undefined) throw alreadyRunning(look(path)?.pid ?? found.pid, path)
    try {
      // Whoever replaced it since holds the lock of the new one, not of this.
      if (!isSame(fstatSync(fd), statSync(path, { throwIfNoEntry: false }))) continue
      if (isAlive(found)) throw alreadyRunning(found.pid, path)
      onStale(path)
      renameSync(draft, path)
      return
    } finally {
      closeSync(fd)
    }
  }
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function openExisting(path: string): number | undefined | 'gone' {
  try {
    return openLocked(path, O_RDONLY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone'
    throw error
  }
}

function release(path: string, fd: number): void {
  try {
    if (isSame(fstatSync(fd), statSync(path, { throwIfNoEntry: false }))) unlinkSync(path)
    closeSync(fd)
  } catch {
    // Removed before, or not ours to remove any more: then the keeper does.
  }
}

interface Found {
  readonly pid: number
  readonly writtenAt: number
}

function look(path: string): Found | undefined {
  let text: string
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return undefined
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
function isAlive({ pid, writtenAt }: Found): boolean {
  if (pid === process.pid) return false
  const startedAt = startOf(pid)
  return startedAt !== undefined && startedAt <= writtenAt + SLACK
}

function alreadyRunning(pid: number, path: string): RunnerError {
  const message = `cannot start: already running with pid ${pid}`
  const hint = `it is in ${path}; use --pidfile and --logfile to run another beside it`
  return new RunnerError('ERR_ALREADY_RUNNING', ExitStatus.TEMPFAIL, message, { hint })
}

function invalid(path: string, reason: string, cause?: unknown): RunnerError {
  const message = `cannot read pid file ${path}: ${reason}`
  const hint = 'remove it if nothing of yours is running'
  return new RunnerError('ERR_PID_FILE', ExitStatus.CONFIG, message, { hint, cause })
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.dev === b.dev
}

function discard(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // The usual case: nobody with this pid died here before.
  }
}
