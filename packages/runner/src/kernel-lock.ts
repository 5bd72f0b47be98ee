import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'

/** open(2)'s flags on macOS and the BSDs that lock what they open. */
const O_SHLOCK = 0x10
const O_EXLOCK = 0x20
const O_NONBLOCK = 0x4

let lock: (fd: number) => boolean = lockByCommand

/** Has descriptors locked by this from now on; it says whether it could, and waits for nobody. */
export function lockWith(locks: (fd: number) => boolean): void {
  lock = locks
}

/**
 * Opens a file and locks it; the kernel lets go when the process ends, however
 * it ends. Returns the descriptor, or `undefined` when another process holds the
 * lock.
 *
 * Node can't lock. On Linux flock(1) locks the descriptor that it is handed,
 * and the lock stays with the open file that both share; macOS and the BSDs lock
 * as they open. Where there is neither, the file is opened without a lock.
 *
 * @see flock(2), "associated with an open file description"
 */
export function openLocked(path: string, flags: number, mode?: number): number | undefined {
  if (process.platform !== 'linux') return openWith(O_EXLOCK, path, flags, mode)
  const fd = openSync(path, flags, mode)
  if (lock(fd)) return fd
  closeSync(fd)
  return undefined
}

/**
 * Whether a process holds the lock of a file. It is asked for as one among others who
 * only ask, so that none of these takes another for the holder.
 *
 * @throws the system's error for a file that can't be opened
 */
export function isLocked(path: string): boolean {
  const fd =
    process.platform === 'linux'
      ? openSync(path, constants.O_RDONLY)
      : openWith(O_SHLOCK, path, constants.O_RDONLY)
  if (fd === undefined) return true
  try {
    return process.platform === 'linux' && !lockByCommand(fd, '-s')
  } finally {
    closeSync(fd)
  }
}

function lockByCommand(fd: number, kind: '-x' | '-s' = '-x'): boolean {
  const { status } = spawnSync('flock', [kind, '-n', '3'], {
    // Not a word of its messages is read, in any language.
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'ignore', fd],
  })
  return status !== 1
}

function openWith(
  lockFlag: number,
  path: string,
  flags: number,
  mode?: number,
): number | undefined {
  const locks = process.platform === 'win32' ? 0 : lockFlag | O_NONBLOCK
  try {
    return openSync(path, flags | locks, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}
