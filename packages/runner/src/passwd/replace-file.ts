import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'
import { writeFully } from '@runnerd/logging'

/**
 * Puts a new file in the place of one that this process has locked, with its owner and
 * mode. It is there whole or not at all, after a loss of power too.
 *
 * @throws the system's error, and nothing has changed
 */
export function replaceFile(path: string, old: Stats, text: string): void {
  // What a process left here that died has no use: only who has the lock gets here.
  const draft = `${path}.passwd-new`
  rmSync(draft, { force: true })
  const fd = openSync(draft, 'wx', 0o600)
  try {
    const { uid, gid } = fstatSync(fd)
    if (uid !== old.uid || gid !== old.gid) fchownSync(fd, old.uid, old.gid)
    fchmodSync(fd, old.mode & 0o777)
    writeFully(fd, text)
    fsyncSync(fd)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw (error as Error).cause ?? error
  } finally {
    closeSync(fd)
  }
  syncDirectory(dirname(path))
}

/** So that the new name is on the disk too. */
function syncDirectory(dir: string): void {
  // Windows opens no directories.
  if (process.platform === 'win32') return
  const fd = openSync(dir, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
