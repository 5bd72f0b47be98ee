/**
 * Finds plugins on the module path and remembers what they declare, so that
 * listing them and showing their help runs none of their code.
 *
 * @packageDocumentation
 */
export type { Discovery, FoundPlugin, PluginFault } from './discovery.ts'
export { findPlugin, getPlugins, type PluginSearch } from './get-plugins.ts'
export { type IPlugin, PLUGIN } from './i-plugin.ts'
export { exportsOf, loadModule } from './load-module.ts'
export { RESERVED_TAPNAMES, tapnameFault } from './tapname.ts'
