import { isAbsolute, sep } from 'node:path'
import type { CachedDirectory, CachedDropin, CachedUnit } from './cached-directory.ts'
import { type FileKey, fileKey, isAsItWas, sameKey, type Watch } from './file-key.ts'
import { listDirectory } from './list-directory.ts'
import type { PathEntry } from './module-path.ts'

/** What is remembered of a directory; from a cache with each watch in it, none twice. */
type Remembered = CachedDirectory & { readonly all?: readonly Watch[] }

/**
 * Tells whether what is remembered of a directory still holds. All that a list
 * from a warm cache does, so it looks at each path once, however often it is
 * watched.
 */
export class PathKeys {
  readonly #dir: string
  readonly #keys = new Map<string, FileKey | null>()
  readonly #held = new Map<string, boolean>()

  /** @param dir the directory of the module path that the paths are relative to */
  constructor(dir: string) {
    this.#dir = dir
  }

  /** Put together by hand: `join` would take as long as looking there does. */
  readonly inDir = (path: string): string => (isAbsolute(path) ? path : this.#dir + sep + path)

  readonly #keyOf = (path: string): FileKey | null => {
    let key = this.#keys.get(path)
    if (key === undefined) {
      key = fileKey(this.inDir(path))
      this.#keys.set(path, key)
    }
    return key
  }

  /** True when all that a cache has of the directory still holds, and nothing came. */
  isWhole({ watch, units, all }: Remembered, kind: PathEntry['kind']): boolean {
    if (!this.#isSame(watch, units, kind)) return false
    return all === undefined
      ? units.every(([, unit]) => this.#isAsItWas(unit))
      : this.isUnchanged(all) && units.every(([, unit]) => isForUs(unit))
  }

  #isSame(
    watch: readonly Watch[],
    units: CachedDirectory['units'],
    kind: PathEntry['kind'],
  ): boolean {
    if (kind === 'packages') return this.isUnchanged(watch)
    // A package that turned out to be none may have become one.
    return kind === 'package' ? units.length === 1 : this.#hasSameNames(units)
  }

  /** A plugins directory is listed each time: the cache in it changes its key. */
  #hasSameNames(units: CachedDirectory['units']): boolean {
    const { files, dirs } = listDirectory(this.#dir)
    const names = [...files, ...dirs]
    return (
      names.length === units.length &&
      units.every(([name, unit], at) => name === names[at] && isFile(unit) === at < files.length)
    )
  }

  #isAsItWas(unit: CachedUnit): boolean {
    if (!isFor(unit.user) || !this.isUnchanged(unit.watch)) return false
    return unit.incompatible !== undefined || unit.dropins.every((dropin) => this.holds(dropin))
  }

  /** True when a dropin is as it was, and what was found is so for this user and this Node. */
  holds(dropin: CachedDropin): boolean {
    return isDropinForUs(dropin) && this.isUnchanged(dropin.watch)
  }

  isUnchanged(watches: readonly Watch[]): boolean {
    return watches.every(this.#isUnchanged)
  }

  readonly #isUnchanged = ([path, key]: Watch): boolean => {
    if (typeof key !== 'string') return sameKey(key, this.#keyOf(path))
    const held = `${path}\0${key}`
    let isHeld = this.#held.get(held)
    if (isHeld === undefined) {
      isHeld = isAsItWas(this.inDir(path), key)
      this.#held.set(held, isHeld)
    }
    return isHeld
  }
}

function isForUs(unit: CachedUnit): boolean {
  return isFor(unit.user) && (unit.incompatible !== undefined || unit.dropins.every(isDropinForUs))
}

function isDropinForUs({ node, user }: CachedDropin): boolean {
  return (node === undefined || node === process.version) && isFor(user)
}

/** True for a file that is a dropin: a directory is watched for becoming another package. */
export function isFile({ watch }: CachedUnit): boolean {
  return watch.length === 0
}

/** True when what a cache says for one user, or for all, is so for this one. */
export function isFor(user: number | undefined): boolean {
  return user === undefined || user === process.geteuid?.()
}

/** Marks what is so for this user only. */
export function thisUser(): { user?: number } {
  const user = process.geteuid?.()
  return user === undefined ? {} : { user }
}
