import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { codeOf } from './errors.ts'
import type { LogDirectory } from './log-directory.ts'
import { type FileIdentity, isSameFile } from './same-file.ts'
import { pause } from './write-fully.ts'

/** How long another process may take for a rotation, in ms: one that is alive takes less than one. */
const PATIENCE = 250
/** And how long the next start waits for it: nobody else has just been killed, most likely. */
const SETTLING = 100

/** A turn to rotate, by the file that stands for it. */
type Turn = FileIdentity & { readonly ctimeMs: number }

/**
 * The directory as this process itself may change it.
 *
 * Who makes `PATH.new` has the turn to rotate, and writes into it who he is, PID-WORD.
 * The next file is made beside it, as `PATH.new.PID-WORD`, and renamed to PATH. A turn
 * that is left or takes too long is taken away by removing that file first: then a
 * process that stood still, for as long as it may be, finds nothing to put in the
 * place of what others have written meanwhile.
 *
 * @internal
 */
export class OwnDirectory implements LogDirectory {
  /** Somebody else's turn, and when it was first seen. */
  #other: { readonly turn: Turn; readonly since: number } | undefined

  create(path: string, mode: number | undefined): void {
    make(path, mode)
  }

  rotate(path: string, to: string, mode: number | undefined, file: FileIdentity): void {
    const lock = `${path}.new`
    // Processes of two containers may have one pid.
    const who = `${process.pid}-${Math.random().toString(36).slice(2)}`
    const turn = this.#takeTurn(lock, who)
    const next = `${lock}.${who}`
    try {
      make(next, mode)
      if (!isSameFile(lstatSync(path), file)) throw fault('ESTALE', path)
      moveAside(path, to)
      if (!isStill(lock, turn)) throw fault('EBUSY', path)
      replace(path, next)
    } catch (error) {
      rmSync(next, { force: true })
      throw error
    } finally {
      if (isStill(lock, turn)) unlinkSync(lock)
    }
  }

  remove(path: string): void {
    rmSync(path, { force: true })
  }

  /** Clears away the turn of a process that was killed; waits a moment for one that goes on. */
  settle(path: string): void {
    const lock = `${path}.new`
    while (this.#isTaken(lock, SETTLING)) pause(1)
  }

  #takeTurn(lock: string, who: string): Turn {
    if (this.#isTaken(lock, PATIENCE)) throw fault('EBUSY', lock)
    try {
      return make(lock, 0o644, who)
    } catch (error) {
      throw codeOf(error) === 'EEXIST' ? fault('EBUSY', lock) : error
    }
  }

  /** Whether somebody has the turn; one that he has had for too long is taken from him. */
  #isTaken(lock: string, patience: number): boolean {
    const turn = lstatSync(lock, { throwIfNoEntry: false })
    if (turn === undefined) return false
    // What isn't a plain file was made by nobody who rotates.
    const who = turn.isFile() ? readWho(lock) : undefined
    if (turn.isFile()) {
      const now = performance.now()
      if (this.#other === undefined || !isSameTurn(turn, this.#other.turn)) {
        this.#other = { turn, since: now }
      }
      if (now - this.#other.since < patience) return true
    }
    if (who !== undefined) rmSync(`${lock}.${who}`, { force: true })
    if (isStill(lock, turn)) unlinkSync(lock)
    return false
  }
}

function make(path: string, mode: number | undefined, text = ''): Stats {
  const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants
  const fd = openSync(path, O_APPEND | O_CREAT | O_EXCL | O_WRONLY, mode ?? 0o666)
  try {
    // The umask may have taken bits from a mode that is to be exactly this.
    if (mode !== undefined) fchmodSync(fd, mode)
    if (text !== '') writeSync(fd, text)
    return fstatSync(fd)
  } finally {
    closeSync(fd)
  }
}

function isSameTurn(one: Turn, other: Turn): boolean {
  // The number of a file that is gone is soon another's, so its time counts too.
  return isSameFile(one, other) && one.ctimeMs === other.ctimeMs
}

function isStill(lock: string, turn: Turn): boolean {
  const found = lstatSync(lock, { throwIfNoEntry: false })
  return found !== undefined && isSameTurn(found, turn)
}

/** `undefined` where it isn't said: it may be about to be written. */
function readWho(lock: string): string | undefined {
  try {
    const text = readFileSync(lock, 'latin1')
    return /^[1-9]\d{0,9}-[0-9a-z]{1,20}$/.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

function replace(path: string, next: string): void {
  try {
    renameSync(next, path)
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? fault('EBUSY', path) : error
  }
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
