import { constants, existsSync } from 'node:fs'
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'

const { O_RDONLY, O_DIRECTORY = 0, O_NOFOLLOW = 0 } = constants

/** Node has no name for it; on Linux it is this wherever Node runs. */
export const O_PATH = 0o10000000

/** On Linux one that can be entered need not be one that can be read. */
const HELD = (process.platform === 'linux' ? O_PATH : O_RDONLY) | O_DIRECTORY | O_NOFOLLOW

/** Where Linux has the files that this process has open. */
export const OPEN_FILES = '/proc/self/fd'

/**
 * A directory that stays the same one while it is held, whoever renames it or puts a
 * link in its place: names in it are reached through its descriptor, as by openat(2).
 * Where there is no /proc they are reached by its path, and a race can be lost.
 */
export class HeldDirectory {
  readonly #handle: FileHandle
  /** The directory, for the system. */
  readonly path: string

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle
    this.path = path
  }

  /**
   * @param real - its path without links; if it is at another by now, or no directory, it
   * isn't there
   * @throws the system's error
   */
  static async open(real: string): Promise<HeldDirectory> {
    const handle = await open(real, HELD)
    try {
      const descriptor = `${OPEN_FILES}/${handle.fd}`
      const isLinux = existsSync(descriptor)
      const isThere = isLinux
        ? (await readlink(descriptor)) === real
        : await isStillAt(handle, real)
      if (!isThere) throw Object.assign(new Error('it has moved'), { code: 'ENOENT', errno: -2 })
      return new HeldDirectory(handle, isLinux ? descriptor : real)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** The path of a name in it, for the system; the directory itself without one. */
  at(name: string): string {
    return name === '' ? `${this.path}/.` : join(this.path, name)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

async function isStillAt(handle: FileHandle, real: string): Promise<boolean> {
  if ((await realpath(real)) !== real) return false
  const [held, there] = await Promise.all([handle.stat(), lstat(real)])
  return held.dev === there.dev && held.ino === there.ino
}
