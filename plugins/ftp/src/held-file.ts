import {
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  readlinkSync,
  type Stats,
} from 'node:fs'
import { promisify } from 'node:util'
import { O_PATH, OPEN_FILES } from './held-directory.ts'
import type { LocalMounts } from './local-mounts.ts'
import type { PlainFile } from './plain-file.ts'

const { O_RDONLY, O_NONBLOCK = 0 } = constants

/** Even if it has been removed, a local file of so many bytes is closed in no time. */
const SMALL = 256 * 1024

const [opened, stated, closed] = [promisify(open), promisify(fstat), promisify(close)]

/**
 * What a path leads to, links followed. It is held without being opened, so that no device
 * or pipe notices, and it stays the same whatever is put in its place. Linux only.
 */
export class HeldFile {
  readonly #descriptor: number
  /** Where it was when it was taken hold of: a path without links. */
  readonly real: string
  #isLocal = false
  #isOpened = false

  private constructor(descriptor: number, real: string) {
    this.#descriptor = descriptor
    this.real = real
  }

  /**
   * Waits for a disk only here.
   *
   * @returns `undefined` where the system has no such thing
   * @throws the system's error if nothing is there
   */
  static async open(path: string): Promise<HeldFile | undefined> {
    if (process.platform !== 'linux') return undefined
    const descriptor = await opened(path, O_PATH)
    try {
      return new HeldFile(descriptor, readlinkSync(`${OPEN_FILES}/${descriptor}`))
    } catch (error) {
      closeSync(descriptor)
      // Without /proc, as after --chroot.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /**
   * Finds out whether it is on a local file system. What is known of it is in memory then,
   * and the system is asked at once: a turn of the thread pool takes ten times as long.
   * Else the answer may come from another machine, and everybody would wait for it.
   */
  async learn(mounts: LocalMounts): Promise<void> {
    this.#isLocal = await mounts.has(this.#descriptor, this.#path)
  }

  /** For the system, which goes by it to what is held and to nothing else. */
  get #path(): string {
    return `${OPEN_FILES}/${this.#descriptor}`
  }

  /** Whether it is at a path without links now, as the system knows without a look at a disk. */
  isAt(path: string): boolean {
    try {
      return readlinkSync(this.#path) === path
    } catch {
      // That path is too long to be told.
      return false
    }
  }

  async stats(): Promise<Stats> {
    return this.#isLocal ? fstatSync(this.#descriptor) : await stated(this.#descriptor)
  }

  /** @param size - how many bytes it has, by its stats */
  async openToRead(size: number): Promise<PlainFile> {
    // Neither a pipe nor somebody's lease is waited for.
    const flags = O_RDONLY | O_NONBLOCK
    const descriptor = this.#isLocal ? openSync(this.#path, flags) : await opened(this.#path, flags)
    this.#isOpened = true
    const isQuick = this.#isLocal && size <= SMALL
    return {
      descriptor,
      size,
      close: async () => (isQuick ? closeSync(descriptor) : await closed(descriptor)),
    }
  }

  /** Lets go of it, once. */
  async close(): Promise<void> {
    // What has been removed is gone when the last one lets go of it, which may take long.
    if (this.#isOpened) closeSync(this.#descriptor)
    else await closed(this.#descriptor)
  }
}
