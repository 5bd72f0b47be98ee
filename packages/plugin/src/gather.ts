import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { CachedDropin, CachedUnit } from './cached-directory.ts'
import type { Discovery, FoundPlugin, PluginFault } from './discovery.ts'

/** A directory of the module path with all that is in it. */
export interface FoundDirectory {
  readonly dir: string
  readonly units: readonly (readonly [name: string, unit: CachedUnit])[]
}

/** Puts together what the directories hold: one file is one dropin, and the first tapname wins. */
export function gather(directories: readonly FoundDirectory[]): Discovery {
  const plugins: FoundPlugin[] = []
  const faults: PluginFault[] = []
  const first = new Map<string, string>()
  const seen = new SeenFiles()
  for (const { dir, units } of directories) {
    for (const [name, unit] of units) {
      if (unit.fault) faults.push({ file: join(dir, name), reason: unit.fault })
      for (const dropin of unit.dropins) {
        const file = join(dir, dropin.file)
        if (seen.has(file, dropin)) continue
        for (const reason of dropin.faults) faults.push({ file, reason })
        for (const plugin of dropin.plugins) {
          const shadowedBy = first.get(plugin.tapname)
          if (shadowedBy === undefined) first.set(plugin.tapname, file)
          plugins.push({
            ...plugin,
            file,
            ...(unit.package ? { package: unit.package } : {}),
            ...(shadowedBy === undefined ? {} : { shadowedBy }),
          })
        }
      }
    }
  }
  return { plugins, faults }
}

/**
 * Tells a file that was reached by another path before. Only one of the same
 * inode is asked for its real path; two names of one inode are two files, as
 * pnpm makes them of equal files in different packages.
 */
class SeenFiles {
  readonly #byInode = new Map<string, Set<string>>()

  has(file: string, { watch }: CachedDropin): boolean {
    const key = watch[0]?.[1]
    const inode = key ? `${key[0]}:${key[1]}` : file
    const files = this.#byInode.get(inode)
    if (files === undefined) {
      this.#byInode.set(inode, new Set([file]))
      return false
    }
    const real = realPath(file)
    if ([...files].some((each) => realPath(each) === real)) return true
    files.add(file)
    return false
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
