import { close, constants, fstat, open, readFile, type Stats, stat } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { promisify } from 'node:util'
import type { Encoding } from './encodings.ts'
import { FileCache } from './file-cache.ts'
import { isUnchanged, type SiteFile, siteFile } from './site-file.ts'

/** What the system says of what is no file to anybody: too long a name, for one. */
const NOTHING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EINVAL', 'ENXIO'])

/** A link that has come since it was looked for is not followed, and a fifo not waited for. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The largest file that is kept, in bytes. */
const KEPT = 256 * 1024

/** A file that was changed within this time, in ms, may be changed again with the same date. */
const CALM = 2000

// Of the promises' own ones a stream takes twice the time of a descriptor's.
const opened = promisify(open)
const statsOf = promisify(fstat)
const closed = promisify(close)
const allOf: (fd: number) => Promise<Buffer> = promisify(readFile)

/** A file of a site that can be read. */
export interface Opened {
  readonly file: SiteFile
  /** Its descriptor, to be closed by who asked for it; `undefined` if the file has its body. */
  readonly fd: number | undefined
}

/** The files under one directory, each as it is when it is asked for. */
export class FileStore {
  readonly root: string
  readonly #followSymlinks: boolean
  readonly #cache = new FileCache()
  readonly #looks = new Map<string, Promise<Stats | undefined>>()

  constructor(root: string, followSymlinks: boolean) {
    this.root = root
    this.#followSymlinks = followSymlinks
  }

  /**
   * What there is at a path. Those who ask at the same time are told together.
   *
   * @returns `undefined` for nothing
   * @throws what the system says, such as EACCES
   */
  look(path: string): Promise<Stats | undefined> {
    const underWay = this.#looks.get(path)
    if (underWay !== undefined) return underWay
    const look = new Promise<Stats | undefined>((resolve, reject) => {
      stat(path, (error, stats) => {
        this.#looks.delete(path)
        if (error === null) resolve(stats)
        else if (isNothing(error)) resolve(undefined)
        else reject(error)
      })
    })
    this.#looks.set(path, look)
    return look
  }

  /**
   * The file that was found at a path.
   *
   * @param name - what it is to the client
   * @returns `undefined` if it is outside the directory
   */
  async file(
    path: string,
    stats: Stats,
    name: string = path,
    encoding?: Encoding,
  ): Promise<SiteFile | undefined> {
    const kept = this.#cache.get(path, encoding?.name)
    if (kept !== undefined && isUnchanged(kept.stats, stats)) return kept
    const real = await this.inside(path)
    if (real === undefined) return undefined
    const file = siteFile({ path, real, name, encoding }, stats)
    this.#cache.set(file)
    return file
  }

  /**
   * Opens a file. What it has become meanwhile is what it is.
   *
   * @returns `undefined` if it is gone
   */
  async open(found: SiteFile): Promise<Opened | undefined> {
    if (found.body !== undefined) return { file: found, fd: undefined }
    const fd = await opened(found.real, FLAGS).catch(unlessNothing)
    if (fd === undefined) return undefined
    const read = await this.#read(found, fd).catch(async (error) => {
      await closed(fd)
      throw error
    })
    if (read !== 'changed' && read?.fd !== undefined) return read
    await closed(fd)
    // It has grown or shrunk as it was read.
    return read === 'changed' ? await this.open(found) : read
  }

  async #read(found: SiteFile, fd: number): Promise<Opened | 'changed' | undefined> {
    const stats = await statsOf(fd)
    if (!stats.isFile()) return undefined
    const file = isUnchanged(found.stats, stats) ? found : siteFile(found, stats)
    if (stats.size > KEPT || !isCalm(stats)) return { file, fd }
    const body = await allOf(fd)
    if (body.length !== stats.size) return 'changed'
    const whole = siteFile(file, stats, body)
    this.#cache.set(whole)
    return { file: whole, fd: undefined }
  }

  /** Where a path leads, if that is in the directory or may be anywhere. */
  async inside(path: string): Promise<string | undefined> {
    const [real, root] = await Promise.all(
      [path, this.root].map((each) => realpath(each).catch(unlessNothing)),
    )
    if (real === undefined || root === undefined) return undefined
    if (this.#followSymlinks || real === root) return real
    return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined
  }
}

function isCalm({ mtimeMs, ctimeMs }: Stats): boolean {
  return Date.now() - Math.max(mtimeMs, ctimeMs) > CALM
}

function isNothing(error: unknown): boolean {
  return NOTHING.has((error as NodeJS.ErrnoException).code ?? '')
}

function unlessNothing(error: unknown): undefined {
  if (!isNothing(error)) throw error
}
