import type { Stats } from 'node:fs'
import { lstat, opendir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { HeldDirectory } from './held-directory.ts'
import { HeldFile } from './held-file.ts'
import { LocalMounts } from './local-mounts.ts'
import { isHidden, isPossible } from './virtual-path.ts'

/** A name in a directory that is held. */
export interface Place {
  readonly directory: HeldDirectory
  /** Empty for the root, which has no name in it. */
  readonly name: string
  /** For the system. Its last name is not to be followed if it has become a link. */
  readonly path: string
  /** Without links, as it was when it was looked up. */
  readonly real: string
}

/** Who looks sees it all, or no names that begin with a dot. */
export interface Sight {
  readonly seesHidden: boolean
}

/**
 * The directory that is served. What clients name are paths from it, see {@link
 * virtualPath}; none of them leads out of it, nor does a symbolic link: what a link
 * points to outside isn't there.
 */
export class Root {
  readonly #given: string
  readonly #local = new LocalMounts()
  #real: string | undefined

  constructor(path: string) {
    this.#given = path
  }

  /**
   * Looks where it is; once, before anything is asked of it.
   *
   * @throws the system's error if it is no directory that can be read
   */
  async open(): Promise<void> {
    try {
      const real = await realpath(resolve(this.#given))
      await (await HeldDirectory.open(real)).close()
      await (await opendir(real)).close()
      this.#real = real
    } catch (error) {
      const { code, errno = 0, message } = error as NodeJS.ErrnoException
      const reason = getSystemErrorMap().get(errno)?.[1] ?? message
      const failure = new Error(`cannot serve ${this.#given}: ${reason}`, { cause: error })
      throw Object.assign(failure, { code })
    }
  }

  /**
   * Has `use` called with what a path leads to, links followed, while its directory is
   * held.
   *
   * @throws the system's error if nothing is there
   */
  async existing<T>(path: string, sight: Sight, use: (place: Place) => Promise<T>): Promise<T> {
    return await this.#held(await this.#resolve(path, sight), use)
  }

  /**
   * The same with the name itself, which need not be there and is no link's target: what
   * is to be made, renamed or removed.
   *
   * @throws the system's error if its directory isn't there, or it is the root
   */
  async entry<T>(path: string, sight: Sight, use: (place: Place) => Promise<T>): Promise<T> {
    if (path === '/') throw Object.assign(new Error('the root'), { code: 'EBUSY', errno: -16 })
    if (isHidden(path) && !sight.seesHidden) throw notThere()
    const directory = await this.#resolve(dirname(path), sight)
    return await this.#held(join(directory, basename(path)), use)
  }

  /**
   * Holds what a path leads to, links followed. Nothing outside is opened on the way, and
   * nobody gains by a link put in the way meanwhile: what is held says itself where it is.
   *
   * @returns `undefined` where the system can't do that
   * @throws the system's error if nothing is there
   */
  async hold(path: string, sight: Sight): Promise<HeldFile | undefined> {
    const root = this.#opened
    if (!mayBeSeen(path, sight)) throw notThere()
    const file = await HeldFile.open(join(root, path))
    if (file === undefined) return undefined
    try {
      if (!this.#isInside(file.real, sight)) throw notThere()
      await file.learn(this.#local)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Whether a path leads, by no link, to what is held. Asks no disk. */
  isAt(path: string, sight: Sight, file: HeldFile): boolean {
    return mayBeSeen(path, sight) && file.isAt(join(this.#opened, path))
  }

  /**
   * Where a path leads, links followed, as a path without links.
   *
   * @throws the system's error if nothing is there
   */
  async #resolve(path: string, sight: Sight): Promise<string> {
    const root = this.#opened
    if (!mayBeSeen(path, sight)) throw notThere()
    const real = await realpath(join(root, path))
    if (!this.#isInside(real, sight)) throw notThere()
    return real
  }

  #isInside(real: string, sight: Sight): boolean {
    const root = this.#opened
    const isInside = real === root || real.startsWith(root === sep ? sep : root + sep)
    const inside = root === sep ? real : real.slice(root.length)
    return isInside && (sight.seesHidden || !isHidden(inside))
  }

  /**
   * What a link leads to, named as a path without links to where it is; `undefined` if
   * that is nothing inside.
   */
  async lookThrough(real: string, sight: Sight): Promise<Stats | undefined> {
    const root = this.#opened
    const path = `/${real.slice(root === sep ? 1 : root.length + 1)}`
    try {
      return await this.existing(path, sight, lookAt)
    } catch {
      return undefined
    }
  }

  async #held<T>(real: string, use: (place: Place) => Promise<T>): Promise<T> {
    const isRoot = real === this.#opened
    const directory = await HeldDirectory.open(isRoot ? real : dirname(real))
    const name = isRoot ? '' : basename(real)
    try {
      return await use({ directory, name, path: directory.at(name), real })
    } finally {
      await directory.close()
    }
  }

  get #opened(): string {
    if (this.#real === undefined) throw new Error('The root has not been opened')
    return this.#real
  }
}

function mayBeSeen(path: string, { seesHidden }: Sight): boolean {
  return isPossible(path) && (seesHidden || !isHidden(path))
}

/** What can't be had looks as what isn't there: nobody learns of it. */
function notThere(): NodeJS.ErrnoException {
  return Object.assign(new Error('not there'), { code: 'ENOENT', errno: -2 })
}

/** What is at a place, which is no link any more once it was looked up. */
export async function lookAt({ path }: Place): Promise<Stats> {
  return await lstat(path)
}
