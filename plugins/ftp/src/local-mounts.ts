import { closeSync, openSync, readSync } from 'node:fs'
import { statfs } from 'node:fs/promises'

/**
 * The file systems of Linux whose files are on this machine: of one that is open all but
 * its content is in memory. Any other may ask another machine, or a process, each time.
 */
const LOCAL: ReadonlySet<number> = new Set(
  Object.values({
    ...{ ext: 0xef53, xfs: 0x58465342, btrfs: 0x9123683e, f2fs: 0xf2f52010, zfs: 0x2fc12fc1 },
    ...{ bcachefs: 0xca451a4e, tmpfs: 0x01021994, ramfs: 0x858458f6, overlay: 0x794c7630 },
    ...{ squashfs: 0x73717368, erofs: 0xe0f5e1e2 },
  }),
)

/** So long a mount is believed to be the same one, in ms: its number may be another's later. */
const BELIEVED = 60_000

/** Knows which mounts have local files. */
export class LocalMounts {
  readonly #known = new Map<number, { readonly isLocal: boolean; readonly until: number }>()

  /**
   * Whether an open file is on such a one. The system is asked where that is, which it
   * has in memory, and now and then what that is.
   *
   * @param path - the file's, by its descriptor
   */
  async has(descriptor: number, path: string): Promise<boolean> {
    const mount = mountOf(descriptor)
    if (mount === undefined) return false
    const now = performance.now()
    const known = this.#known.get(mount)
    if (known !== undefined && now < known.until) return known.isLocal
    const isLocal = LOCAL.has((await statfs(path)).type)
    this.#known.set(mount, { isLocal, until: now + BELIEVED })
    return isLocal
  }
}

const buffer = Buffer.alloc(256)

/** The number of the mount; `undefined` where nobody says it. */
function mountOf(descriptor: number): number | undefined {
  try {
    const info = openSync(`/proc/self/fdinfo/${descriptor}`, 'r')
    try {
      const text = buffer.toString('latin1', 0, readSync(info, buffer, 0, buffer.length, 0))
      const number = /^mnt_id:\s*(\d+)$/m.exec(text)?.[1]
      return number === undefined ? undefined : Number(number)
    } finally {
      closeSync(info)
    }
  } catch {
    return undefined
  }
}
