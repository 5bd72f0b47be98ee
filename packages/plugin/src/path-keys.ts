import { isAbsolute, sep } from 'node:path'
import type { CachedDirectory, CachedDropin, CachedUnit } from './cached-directory.ts'
import { type FileKey, fileKey, unchanged, type Watch } from './file-key.ts'
import { listDirectory } from './list-directory.ts'
import type { PathEntry } from './module-path.ts'

/**
 * Tells whether what is remembered of a directory still holds. All that a list
 * from a warm cache does, so it looks at each path once, however often it is
 * watched.
 */
export class PathKeys {
  readonly #dir: string
  readonly #keys = new Map<string, FileKey | null>()

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
  isWhole({ watch, units }: CachedDirectory, kind: PathEntry['kind']): boolean {
    return this.#isSame(watch, units, kind) && units.every((each) => this.#isAsItWas(each[1]))
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
    return names.length === units.length && units.every((each, at) => each[0] === names[at])
  }

  #isAsItWas(unit: CachedUnit): boolean {
    if (!isFor(unit.user) || !this.isUnchanged(unit.watch)) return false
    return unit.incompatible !== undefined || unit.dropins.every((dropin) => this.holds(dropin))
  }

  /** True when a dropin is as it was, and what was found is so for this user and this Node. */
  holds(dropin: CachedDropin): boolean {
    if (dropin.node !== undefined && dropin.node !== process.version) return false
    return isFor(dropin.user) && this.isUnchanged(dropin.watch)
  }

  isUnchanged(watches: readonly Watch[]): boolean {
    return unchanged(watches, this.inDir, this.#keyOf)
  }
}

/** True when what a cache says for one user, or for all, is so for this one. */
export function isFor(user: number | undefined): boolean {
  return user === undefined || user === process.geteuid?.()
}
