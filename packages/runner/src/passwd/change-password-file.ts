import { closeSync, constants, fchmodSync, fstatSync, unlinkSync } from 'node:fs'
import { readSafely } from '@runnerd/cred'
import { linkTarget } from '@runnerd/logging'
import { openLocked } from '../kernel-lock.ts'
import { isFileAt } from '../pid-file.ts'
import { cannotWrite } from './cannot-write.ts'
import { replaceFile } from './replace-file.ts'

const { O_CREAT, O_EXCL, O_NONBLOCK = 0, O_RDONLY } = constants

/** How long other changes are waited for, in ms; each takes some. */
const PATIENCE = 10_000

const PAUSE = 10

/**
 * Changes a password file. Who reads it finds the old text or the new one, and of
 * several changes at once none is lost: each waits for its turn. The new file has the
 * owner and the mode of the old one; a symbolic link stays and its target is changed.
 *
 * @param makes whether a file that isn't there is made, for its owner only
 * @param change makes the new text of the old one; what it throws leaves all as it was
 * @returns the new text
 * @throws PasswordFileError if others may read or write it, RunnerError if it can't be written
 */
export async function changePasswordFile(
  path: string,
  makes: boolean,
  change: (text: string) => string,
): Promise<string> {
  const target = linkTarget(path)
  const { fd, isNew } = await explained(path, () => lockFile(target, makes))
  try {
    // Root may change the file of the user whom its daemon runs as.
    const { text } = await readSafely(path, 'any owner')
    const changed = change(text)
    await explained(path, async () => replaceFile(target, fstatSync(fd), changed))
    return changed
  } catch (error) {
    // Nobody else has written into it: who waits for the lock finds it gone.
    if (isNew) unlinkSync(target)
    throw error
  } finally {
    closeSync(fd)
  }
}

interface LockedFile {
  readonly fd: number
  readonly isNew: boolean
}

/** Waits until nobody else changes the file, and locks the one that is there then. */
async function lockFile(path: string, makes: boolean): Promise<LockedFile> {
  for (const until = performance.now() + PATIENCE; performance.now() < until; ) {
    const made = makes ? makeFile(path) : undefined
    const fd = made ?? openLocked(path, O_RDONLY | O_NONBLOCK)
    if (fd === undefined) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
      continue
    }
    // Whoever had the lock before may have put another file in its place.
    if (isFileAt(path, fd)) return { fd, isNew: made !== undefined }
    closeSync(fd)
  }
  throw Object.assign(new Error('locked'), { code: 'EAGAIN' })
}

/** Makes it, locked; `undefined` if it is there, or another process has locked it first. */
function makeFile(path: string): number | undefined {
  try {
    const fd = openLocked(path, O_RDONLY | O_CREAT | O_EXCL, 0o600)
    // Whatever the umask leaves.
    if (fd !== undefined) fchmodSync(fd, 0o600)
    return fd
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

async function explained<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw cannotWrite(path, error as NodeJS.ErrnoException)
  }
}
