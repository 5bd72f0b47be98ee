import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import { codeOf } from './errors.ts'
import type { LogDirectory } from './log-directory.ts'
import { type FileIdentity, isSameFile } from './same-file.ts'
import { pause } from './write-fully.ts'

/** How long another process may take for a rotation, in ms: one that is alive takes less than one. */
const PATIENCE = 250
/** And how long the next start waits for it: nobody else has just been killed, most likely. */
const SETTLING = 100

/**
 * The directory as this process itself may change it.
 *
 * The next file, `PATH.new`, is at the same time the turn to rotate: who makes it
 * has the turn, and renaming it to PATH ends the turn in the same moment. So no
 * process can be killed between the two, and one that is killed earlier leaves a
 * file that doesn't go away, by which the others know.
 *
 * @internal
 */
export class OwnDirectory implements LogDirectory {
  /** Somebody else's turn, and when it was first seen. */
  #other: { readonly file: Stats; readonly since: number } | undefined

  create(path: string, mode: number | undefined): void {
    make(path, mode)
  }

  rotate(path: string, to: string, mode: number | undefined, file: FileIdentity): void {
    const next = `${path}.new`
    const turn = this.#takeTurn(next, mode)
    try {
      if (!isSameFile(lstatSync(path), file)) throw fault('ESTALE', path)
      moveAside(path, to)
      // A process that stood still for long finds its turn taken from it.
      if (!isThere(next, turn)) throw fault('EBUSY', path)
      renameSync(next, path)
    } catch (error) {
      if (isThere(next, turn)) unlinkSync(next)
      throw error
    }
  }

  remove(path: string): void {
    rmSync(path, { force: true })
  }

  /** Clears away the turn of a process that was killed; waits a moment for one that goes on. */
  settle(path: string): void {
    const next = `${path}.new`
    for (;;) {
      const turn = this.#turn(next, SETTLING)
      if (turn === 'free') return
      if (turn === 'left') unlinkSync(next)
      else pause(1)
    }
  }

  #takeTurn(next: string, mode: number | undefined): Stats {
    try {
      return make(next, mode)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    if (this.#turn(next, PATIENCE) !== 'left') throw fault('EBUSY', next)
    unlinkSync(next)
    return make(next, mode)
  }

  /** Whether nobody has the turn, or somebody, or somebody who has had it for too long. */
  #turn(next: string, patience: number): 'free' | 'taken' | 'left' {
    const file = lstatSync(next, { throwIfNoEntry: false })
    if (file === undefined) return 'free'
    // What isn't a plain file was made by nobody who rotates.
    if (!file.isFile()) return 'left'
    const now = performance.now()
    // The number of a file that is gone is soon another's, so its time counts too.
    if (this.#other?.file.ctimeMs !== file.ctimeMs || !isSameFile(file, this.#other.file)) {
      this.#other = { file, since: now }
    }
    return now - this.#other.since < patience ? 'taken' : 'left'
  }
}

function make(path: string, mode: number | undefined): Stats {
  const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants
  const fd = openSync(path, O_APPEND | O_CREAT | O_EXCL | O_WRONLY, mode ?? 0o666)
  try {
    // The umask may have taken bits from a mode that is to be exactly this.
    if (mode !== undefined) fchmodSync(fd, mode)
    return fstatSync(fd)
  } finally {
    closeSync(fd)
  }
}

function isThere(path: string, file: FileIdentity): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && isSameFile(found, file)
}

function fault(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}

const WITHOUT_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'])

function moveAside(path: string, to: string): void {
  try {
    // Until the new file takes its place, the old one has both names.
    linkSync(path, to)
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && isSameFile(lstatSync(path), lstatSync(to))) return
    if (!WITHOUT_LINKS.has(codeOf(error) ?? '')) throw error
    // A rename would replace what is at `to`, so the name is taken first.
    make(to, undefined)
    renameSync(path, to)
  }
}
