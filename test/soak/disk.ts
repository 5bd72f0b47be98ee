import { spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const PAGE = Buffer.alloc(4096)

/** A directory that is a small file system of its own, where root may make one. */
export class Disk {
  /** Why it can not be filled, if so. */
  readonly reason: string | undefined
  readonly #dir: string
  readonly #ballast: string

  constructor(dir: string) {
    this.#dir = dir
    this.#ballast = join(dir, 'ballast')
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dir])
    if (status !== 0) this.reason = 'no file system can be mounted: that takes root, on Linux'
  }

  fill(): void {
    const fd = openSync(this.#ballast, 'w')
    try {
      for (;;) writeSync(fd, PAGE)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(fd)
    }
  }

  empty(): void {
    rmSync(this.#ballast, { force: true })
  }

  end(): void {
    if (this.reason === undefined) spawnSync('umount', ['-l', this.#dir])
  }
}
