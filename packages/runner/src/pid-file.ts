import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { Leftovers } from './end-leftovers.ts'
import { ExitStatus } from './exit-status.ts'
import { openLocked } from './kernel-lock.ts'
import { isAlive, readPidFile, reasons } from './read-pid-file.ts'
import { RunnerError } from './runner-error.ts'

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants

/** The pid file of this process, from `claim` to `remove`. */
export interface PidFile {
  /** Open, and locked as long as any process has it open. */
  readonly fd: number | undefined
  /** Removes it, if it is still this process's. Doing so twice does nothing. */
  remove(): void
  /** Leaves it to the process that it names by now: to remove it does nothing then. */
  handOn(): void
}

/** Hears what a claim has met. */
export interface ClaimListener {
  /** The file of a dead process is replaced. */
  onStale(path: string): void
  /** A process that the dead one had left behind was ended by SIGKILL. */
  onLeftover(pid: number): void
}

/** For a process without a pid file. */
export const noPidFile: PidFile = { fd: undefined, remove() {}, handOn() {} }

/**
 * Looks whether the pid file stands in the way, without touching it.
 *
 * @throws RunnerError when its process lives, or it has no pid in it
 *
 * @see Twisted's `checkPID`
 */
export function checkPID(path: string): void {
  const found = readPidFile(path)
  if (found !== undefined && isAlive(found)) throw alreadyRunning(found.pid, path)
}

/**
 * Makes this process the one that the pid file names, or fails. Of any number
 * that try at once exactly one succeeds: the file appears whole and locked, under
 * its name only by link(2), or by rename(2) over one whose lock was had.
 *
 * @param mode its permissions, whatever the umask
 * @param listener hears what was in the way and is not any more
 * @throws RunnerError when another process has it, or it has no pid in it
 */
export function claimPidFile(
  path: string,
  mode: number,
  listener: ClaimListener = { onStale() {}, onLeftover() {} },
): PidFile {
  const draft = draftOf(path)
  const fd = makeDraft(draft, path, mode)
  try {
    place(draft, path, listener)
  } catch (error) {
    closeSync(fd)
    unlinkSync(draft)
    throw error
  }
  return ownedPidFile(path, fd)
}

/** A pid file that is this process's to remove, until it is handed on. */
export function ownedPidFile(path: string, fd: number): PidFile {
  let owned = true
  return {
    fd,
    remove() {
      if (owned) release(path, fd)
      owned = false
    },
    handOn() {
      if (owned) closeSync(fd)
      owned = false
    },
  }
}

/** True where a descriptor is still that of the file at `path`. */
export function isFileAt(path: string, fd: number): boolean {
  return isSame(fstatSync(fd), statSync(path, { throwIfNoEntry: false }))
}

/** What it is written as before it has its name. */
export function draftOf(path: string): string {
  return `${path}.${process.pid}.tmp`
}

function makeDraft(draft: string, path: string, mode: number): number {
  let fd: number | undefined
  try {
    discard(draft)
    fd = openLocked(draft, O_RDWR | O_CREAT | O_EXCL, mode) as number
    fchmodSync(fd, mode)
    writeSync(fd, String(process.pid))
    return fd
  } catch (error) {
    // A full disk takes the name and not the text.
    if (fd !== undefined) {
      closeSync(fd)
      discard(draft)
    }
    throw unwritablePidFile(path, error)
  }
}

/** A pid file that can't be made, by what the system said. */
export function unwritablePidFile(path: string, cause: unknown): RunnerError {
  const { code } = cause as NodeJS.ErrnoException
  const reason = code === 'ENOENT' ? 'no such directory' : (reasons[code ?? ''] ?? String(code))
  const status = code === 'EACCES' ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
  const message = `cannot write pid file ${path}: ${reason}`
  return new RunnerError('ERR_PID_FILE', status, message, { cause })
}

function place(draft: string, path: string, { onStale, onLeftover }: ClaimListener): void {
  let leftovers: Leftovers | undefined
  for (;;) {
    if (linked(draft, path)) {
      unlinkSync(draft)
      return
    }
    const found = readPidFile(path)
    if (found === undefined) continue
    const fd = openExisting(path)
    if (fd === 'gone') continue
    if (fd === undefined) {
      const holder = readPidFile(path)
      if (holder === undefined) continue
      if (isAlive(holder)) throw alreadyRunning(holder.pid, path)
      leftovers ??= new Leftovers(path)
      const ended = leftovers.outlast()
      if (ended === undefined) throw notAlone(holder.pid, path)
      for (const pid of ended) onLeftover(pid)
      continue
    }
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

function alreadyRunning(pid: number, path: string): RunnerError {
  const message = `cannot start: already running with pid ${pid}`
  const hint = `it is in ${path}; use --pidfile and --logfile to run another beside it`
  return new RunnerError('ERR_ALREADY_RUNNING', ExitStatus.TEMPFAIL, message, { hint })
}

function notAlone(pid: number, path: string): RunnerError {
  const message = `cannot start: what pid ${pid} has left behind still runs, and can't be ended`
  const hint = `end what has ${path} open, and start again`
  return new RunnerError('ERR_ALREADY_RUNNING', ExitStatus.TEMPFAIL, message, { hint })
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.dev === b.dev
}

function discard(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // The usual case: nobody with this pid died here before. And what can't go stays.
  }
}
