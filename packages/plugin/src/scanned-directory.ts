import type { CachedDropin, CachedPackage } from './cached-directory.ts'
import type { FileKey, Watch } from './file-key.ts'

/** A dropin that must be read anew; its key was taken before. */
export interface StaleDropin {
  readonly file: string
  readonly key: FileKey | null
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

/** A directory as it is now, and whether that is what the cache has. */
export interface ScannedDirectory {
  readonly watch: readonly Watch[]
  readonly units: ReadonlyMap<string, ScannedUnit>
  readonly changed: boolean
}
