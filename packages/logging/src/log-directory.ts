import {
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs'
import { codeOf } from './errors.ts'
import { isSameFile } from './same-file.ts'

/**
 * Makes the changes in the log's directory that a rotation needs.
 *
 * A daemon that has shed its privileges may write its log but often not the
 * directory it is in; it gives its log a directory that asks a privileged helper.
 * Both calls are synchronous and throw when they fail. All paths are absolute.
 */
export interface LogDirectory {
  /**
   * Makes an empty file that the daemon may append to.
   *
   * @param mode its mode; `undefined` means 0666 less the daemon's umask
   * @throws with code `EEXIST` if anything is there, and changes nothing
   */
  create(path: string, mode: number | undefined): void
  /**
   * Gives the file at `path` the name `to`, and puts an empty file, as by
   * {@link create}, in its place, with no moment at which `path` is missing.
   *
   * If the file has the name `to` already, because a rotation was cut short after
   * giving it, the rest is done.
   *
   * @throws with code `EEXIST` if something else is at `to`, and changes nothing
   */
  rotate(path: string, to: string, mode: number | undefined): void
}

/** The directory as this process itself may change it. */
export const ownDirectory: LogDirectory = {
  create(path, mode) {
    const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants
    const fd = openSync(path, O_APPEND | O_CREAT | O_EXCL | O_WRONLY, mode ?? 0o666)
    try {
      // The umask may have taken bits from a mode that is to be exactly this.
      if (mode !== undefined) fchmodSync(fd, mode)
    } finally {
      closeSync(fd)
    }
  },

  rotate(path, to, mode) {
    const next = `${path}.new`
    createAfresh(next, mode)
    try {
      moveAside(path, to)
    } catch (error) {
      unlinkSync(next)
      throw error
    }
    renameSync(next, path)
  },
}

function createAfresh(path: string, mode: number | undefined): void {
  try {
    ownDirectory.create(path, mode)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // Left by a process that was killed in the middle of a rotation.
    unlinkSync(path)
    ownDirectory.create(path, mode)
  }
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
    ownDirectory.create(to, undefined)
    renameSync(path, to)
  }
}
