import { closeSync, fstatSync, ftruncateSync, writeSync } from 'node:fs'
import { log } from '@runnerd/logging'
import { complaintOf } from './complaint.ts'
import { claimPidFile, isFileAt, noPidFile, ownedPidFile, type PidFile } from './pid-file.ts'

/** The pid file of a generation that has the descriptor from the one before it. */
export interface InheritedPidFile extends PidFile {
  /**
   * Has it name this process, and be this process's to remove.
   *
   * @throws RunnerError when another daemon has put its own in its place
   */
  takeOver(): void
}

/**
 * Takes over a pid file without a moment at which it is missing, empty or unlocked:
 * the descriptor comes with the lock, and the file is written where it is, which
 * needs no right to its directory.
 */
export function inheritedPidFile(path: string, fd: number): InheritedPidFile {
  let file: PidFile = { ...noPidFile, fd }
  return {
    get fd() {
      return file.fd
    },
    remove: () => file.remove(),
    handOn: () => file.handOn(),
    takeOver() {
      if (isFileAt(path, fd)) {
        writePid(fd, process.pid)
        file = ownedPidFile(path, fd)
      } else {
        file = claimAgain(path, fstatSync(fd).mode & 0o777)
        closeSync(fd)
      }
    },
  }
}

/** Has the file at a descriptor name a process: with one write, that nobody sees half of. */
export function writePid(fd: number, pid: number): void {
  const text = String(pid)
  // A shorter one is followed by line breaks, which whoever reads it drops, until
  // the file is cut to it.
  writeSync(fd, text.padEnd(fstatSync(fd).size, '\n'), 0)
  ftruncateSync(fd, text.length)
}

/** It was removed under the daemon, which is no reason to keep the old plugin running. */
function claimAgain(path: string, mode: number): PidFile {
  try {
    return claimPidFile(path, mode)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_ALREADY_RUNNING') throw error
    log.warn(complaintOf(error, `cannot write pid file ${path}`).line)
    return noPidFile
  }
}
