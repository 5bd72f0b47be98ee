import { isPlainText } from '@runnerd/options'
import type { CachedDirectory, CachedDropin, CachedPlugin, CachedUnit } from './cached-directory.ts'
import { type CachedEndpointType, endpointTypeFault } from './endpoint-type.ts'
import type { Watch } from './file-key.ts'
import { DROPIN_FILE } from './list-directory.ts'
import type { PathEntry } from './module-path.ts'
import { tapnameFault } from './tapname.ts'

/**
 * True when a cache says only what a search could have written: dropins where
 * they can be, each held by the status of its own file and of its package.json,
 * and nothing of a plugin that its reader would not report. A cache that came with
 * somebody else's files is ours by owner and right by its sum, but the status of a
 * file is of this machine.
 */
export function isSoundCache({ units }: CachedDirectory, kind: PathEntry['kind']): boolean {
  return units.every(([name, unit]) => isPlaced(name, unit, kind) && isHeld(name, unit))
}

/** True when a dropin of a unit could be in it, as far as names say. */
export function isPlaced(name: string, unit: CachedUnit, kind: PathEntry['kind']): boolean {
  if (unit.package === undefined) {
    return unit.dropins.every(
      ({ file }) => kind === 'plugins' && file === name && DROPIN_FILE.test(file),
    )
  }
  const start = name === '.' ? '' : `${name}/`
  return unit.dropins.every(({ file }) => file.startsWith(start) && DROPIN_FILE.test(file))
}

function isHeld(name: string, { package: of, watch, dropins }: CachedUnit): boolean {
  const manifest = name === '.' ? 'package.json' : `${name}/package.json`
  return (of === undefined || isHeldBy(watch, manifest)) && dropins.every(isSound)
}

function isSound({ file, watch, plugins, endpointTypes = [] }: CachedDropin): boolean {
  if (plugins.length + endpointTypes.length === 0) return true
  const isOurs = plugins.every(isSoundPlugin) && endpointTypes.every(isSoundType)
  return isHeldBy(watch, file) && isOurs
}

function isSoundType({ prefix }: CachedEndpointType): boolean {
  return endpointTypeFault(prefix) === undefined
}

function isHeldBy([first]: readonly Watch[], path: string): boolean {
  return first !== undefined && first[0] === path && Array.isArray(first[1])
}

function isSoundPlugin({ tapname, description, help }: CachedPlugin): boolean {
  return tapnameFault(tapname) === undefined && isPlainText(description) && isPlainText(help)
}
