import { constants, mkdtempSync, openSync, rmdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Linux's; Node doesn't name it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/**
 * Opens a new file in a directory, to be read and appended to, that has no name
 * there: it goes with the last who has it open, however they end. Where the
 * system can't, it has one for a moment.
 *
 * @throws the system's error for a directory that can't be written
 */
export function openNameless(dir: string): number {
  const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants
  if (process.platform === 'linux') {
    try {
      return openSync(dir, O_TMPFILE | O_RDWR | O_APPEND, 0o600)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Not on every file system, nor with every kernel.
      if (code !== 'EOPNOTSUPP' && code !== 'EISDIR') throw error
    }
  }
  const named = mkdtempSync(join(dir, '.runner-'))
  const path = join(named, 'file')
  try {
    const fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o600)
    unlinkSync(path)
    return fd
  } finally {
    rmdirSync(named)
  }
}
