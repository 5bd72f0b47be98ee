/**
 * Finds plugins on the module path and remembers what they declare, so that
 * listing them and showing their help runs none of their code.
 *
 * @packageDocumentation
 */
export {
  type BuiltManifest,
  buildManifests,
  type ManifestBuild,
} from './build-manifests.ts'
export type { CachedPackage, CachedPlugin } from './cached-directory.ts'
export type {
  Discovery,
  FoundEndpointType,
  FoundPlugin,
  IncompatibleDropin,
  Place,
  PluginFault,
} from './discovery.ts'
export { manifestText, readManifest } from './dropin-manifest.ts'
export {
  BUILT_IN_ENDPOINT_TYPES,
  type CachedEndpointType,
  type EndpointKind,
} from './endpoint-type.ts'
export { type FoundDirectory, gather } from './gather.ts'
export {
  cacheFaults,
  findEndpointType,
  findPlugin,
  getPlugins,
  isMisplaced,
  type PluginSearch,
  searchDirectories,
} from './get-plugins.ts'
export { type IPlugin, PLUGIN } from './i-plugin.ts'
export { exportsOf, loadModule } from './load-module.ts'
export { packedFiles } from './packed-files.ts'
export { saysRange } from './says-range.ts'
export { manifestState } from './shipped-dropins.ts'
export { RESERVED_TAPNAMES, tapnameFault } from './tapname.ts'
export type { Distrust } from './trust.ts'
export { distrustedDropins, whyNotRun } from './why-not-run.ts'
