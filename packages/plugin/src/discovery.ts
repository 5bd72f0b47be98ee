import type { CachedPlugin } from './cached-directory.ts'

/** A plugin that was found. */
export interface FoundPlugin extends CachedPlugin {
  /** The dropin's module file. */
  readonly file: string
  readonly package?: { readonly name: string; readonly version: string }
  /** The file of the plugin that was found first under the same tapname. */
  readonly shadowedBy?: string
}

/** A dropin or plugin package that can't be used, and why. */
export interface PluginFault {
  readonly file: string
  readonly reason: string
}

/** What a search found, in search order. */
export interface Discovery {
  readonly plugins: readonly FoundPlugin[]
  readonly faults: readonly PluginFault[]
}
