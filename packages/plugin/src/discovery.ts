import type { CachedPackage, CachedPlugin } from './cached-directory.ts'
import type { CachedEndpointType } from './endpoint-type.ts'
import type { PathEntry } from './module-path.ts'

/** A plugin that was found. */
export interface FoundPlugin extends CachedPlugin {
  /** The dropin's module file. */
  readonly file: string
  /** The directory of the module path that it is in. */
  readonly dir: string
  readonly package?: CachedPackage
  /** The file of the plugin that was found first under the same tapname. */
  readonly shadowedBy?: string
}

/** An endpoint type that was found. */
export interface FoundEndpointType extends CachedEndpointType {
  readonly file: string
  readonly dir: string
  readonly package?: CachedPackage
  /** The file of one that was found first with the same prefix, for what this is for too. */
  readonly shadowedBy?: string
}

/** A dropin or plugin package that can't be used, and why. */
export interface PluginFault {
  readonly file: string
  readonly reason: string
  /** The directory of the module path that it is in. */
  readonly dir: string
  readonly package?: CachedPackage
}

/** A dropin that was left alone, since its package needs another runner. */
export interface IncompatibleDropin extends PluginFault {
  readonly package: CachedPackage
  /** What it declares, where its package ships a manifest. */
  readonly plugins: readonly CachedPlugin[]
}

/** A directory of the module path, and what came of it. */
export interface Place extends PathEntry {
  readonly state: 'missing' | 'not used' | 'searched'
  /** Why it is not used, or what is odd about its not being there. */
  readonly reason?: string
  /** The directory above it that this is so of, if it isn't itself. */
  readonly because?: string
  /** There is something in it that would be used. */
  readonly isMissed?: boolean
}

/** What a search found, in search order. */
export interface Discovery {
  readonly plugins: readonly FoundPlugin[]
  readonly endpointTypes: readonly FoundEndpointType[]
  readonly faults: readonly PluginFault[]
  readonly incompatible: readonly IncompatibleDropin[]
  readonly places: readonly Place[]
}
