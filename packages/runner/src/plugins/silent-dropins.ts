import { isAbsolute, join } from 'node:path'
import type { FoundDirectory } from '@runnerd/plugin'

/**
 * Tells of each dropin that exports no service maker, unless another one imports
 * it: then it was never meant for a plugin.
 */
export function silentDropins(directories: readonly FoundDirectory[]): string[] {
  const silent: string[] = []
  const imported = new Set<string>()
  for (const { dir, units } of directories) {
    for (const { incompatible, dropins } of units.map(([, unit]) => unit)) {
      for (const { file, watch, plugins, endpointTypes = [], faults } of dropins) {
        const said = plugins.length + endpointTypes.length + faults.length
        const isSilent = said === 0 && incompatible === undefined
        if (isSilent) silent.push(join(dir, file))
        for (const [path] of watch.slice(1)) {
          imported.add(isAbsolute(path) ? path : join(dir, path))
        }
      }
    }
  }
  return silent
    .filter((file) => !imported.has(file))
    .map((file) => `${file}: it exports no service maker, so it is no plugin`)
}
