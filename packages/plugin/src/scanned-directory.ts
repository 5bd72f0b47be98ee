import type { CachedDropin, CachedPackage } from './cached-directory.ts'
import type { FileKey, Watch } from './file-key.ts'
import type { PathEntry } from './module-path.ts'

/** A dropin that must be read anew; its key was taken before. */
export interface StaleDropin {
  readonly file: string
  readonly key: FileKey | null
}

/** True for a dropin that was promised, or known, and isn't there. */
export function isMissing(dropin: CachedDropin | StaleDropin): boolean {
  return 'key' in dropin && dropin.key === null
}

/** A thing in a directory, as it is now. */
export interface ScannedUnit {
  readonly watch: readonly Watch[]
  readonly package?: CachedPackage
  readonly fault?: string
  readonly incompatible?: string
  readonly user?: number
  readonly dropins: readonly (CachedDropin | StaleDropin)[]
}

/** True for a package that is broken, or lacks a dropin that it promises. */
export function isAmiss({ fault, dropins }: ScannedUnit): boolean {
  return fault !== undefined || dropins.some(isMissing)
}

/** A directory as it is now, and whether that is what the cache has. */
export interface ScannedDirectory {
  readonly watch: readonly Watch[]
  readonly units: ReadonlyMap<string, ScannedUnit>
  readonly changed: boolean
}

/**
 * True for what nobody need remember: few files that all ship what they declare, so
 * that looking at them again costs little.
 */
export function isAllShipped({ units }: ScannedDirectory, kind: PathEntry['kind']): boolean {
  const dropins = [...units.values()].flatMap((unit) => unit.dropins)
  const isShipped = (dropin: CachedDropin | StaleDropin): boolean =>
    'isShipped' in dropin && dropin.isShipped === true
  return kind !== 'packages' && dropins.length > 0 && dropins.every(isShipped)
}
