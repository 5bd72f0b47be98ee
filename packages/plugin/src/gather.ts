import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { CachedDropin, CachedUnit } from './cached-directory.ts'
import type {
  Discovery,
  FoundEndpointType,
  FoundPlugin,
  IncompatibleDropin,
  Place,
  PluginFault,
} from './discovery.ts'
import { fileKey, type Watch } from './file-key.ts'

/** A directory of the module path with all that is in it. */
export interface FoundDirectory extends Place {
  /** It is as a manifest says that was built into it. */
  readonly isBuilt?: boolean
  /** What tells that packages came or went. */
  readonly watch: readonly Watch[]
  readonly units: readonly (readonly [name: string, unit: CachedUnit])[]
}

/** Puts together what the directories hold: one file is one dropin, and the first tapname wins. */
export function gather(directories: readonly FoundDirectory[]): Discovery {
  const gathering = new Gathering()
  for (const directory of directories) gathering.add(directory)
  return {
    plugins: gathering.plugins,
    endpointTypes: gathering.endpointTypes,
    faults: gathering.faults,
    incompatible: gathering.incompatible,
    places: directories.map(({ watch, units, isBuilt, ...place }) => place),
  }
}

class Gathering {
  readonly plugins: FoundPlugin[] = []
  readonly endpointTypes: FoundEndpointType[] = []
  readonly faults: PluginFault[] = []
  readonly incompatible: IncompatibleDropin[] = []
  readonly #first = new Map<string, string>()
  readonly #seen = new SeenFiles()

  add({ dir, state, isMissed, reason = '', because, units }: FoundDirectory): void {
    const of = because === undefined ? '' : `, ${because}`
    const said = state === 'missing' ? reason : `not used${of}: ${reason}`
    if (isMissed) this.faults.push({ file: dir, dir, reason: said })
    for (const [name, unit] of units) {
      const of = { dir, ...(unit.package ? { package: unit.package } : {}) }
      if (unit.fault) this.faults.push({ ...of, file: join(dir, name), reason: unit.fault })
      for (const dropin of unit.dropins) {
        // Both are tidy: `join` would only take its time.
        const file = dir + sep + dropin.file
        if (this.#seen.has(file, dropin)) continue
        if (unit.incompatible === undefined) this.#addDropin({ ...of, file }, dropin)
        else this.#leaveOut(file, dir, unit, dropin)
      }
    }
  }

  #addDropin(of: Omit<PluginFault, 'reason'>, dropin: CachedDropin): void {
    for (const reason of dropin.faults) this.faults.push({ ...of, reason })
    for (const plugin of dropin.plugins) {
      const shadowedBy = this.#first.get(plugin.tapname)
      if (shadowedBy === undefined) this.#first.set(plugin.tapname, of.file)
      const found = { ...plugin, ...of }
      this.plugins.push(shadowedBy === undefined ? found : { ...found, shadowedBy })
    }
    for (const type of dropin.endpointTypes ?? []) {
      const isFor = (each: FoundEndpointType): boolean =>
        each.prefix === type.prefix && type.kinds.some((kind) => each.kinds.includes(kind))
      const shadowedBy = this.endpointTypes.find(isFor)?.file
      const found = { ...type, ...of }
      this.endpointTypes.push(shadowedBy === undefined ? found : { ...found, shadowedBy })
    }
  }

  #leaveOut(file: string, dir: string, unit: CachedUnit, { plugins }: CachedDropin): void {
    const { package: of, incompatible: reason } = unit
    if (of && reason) this.incompatible.push({ file, dir, reason, package: of, plugins })
  }
}

/**
 * Tells a file that was reached by another path before. Only one of the same
 * inode is asked for its real path; two names of one inode are two files, as
 * pnpm makes them of equal files in different packages.
 */
class SeenFiles {
  readonly #byInode = new Map<string, string | Set<string>>()

  has(file: string, { watch }: CachedDropin): boolean {
    const inode = inodeOf(file, watch[0]?.[1])
    const before = this.#byInode.get(inode)
    if (before === undefined) {
      this.#byInode.set(inode, file)
      return false
    }
    const files = typeof before === 'string' ? new Set([realPath(before)]) : before
    this.#byInode.set(inode, files)
    const real = realPath(file)
    if (files.has(real)) return true
    files.add(real)
    return false
  }
}

function inodeOf(file: string, key: Watch[1] | undefined): string {
  // What is unsettled has none in its key.
  const known = Array.isArray(key) && key[1] !== 0 ? key : fileKey(file)
  return known ? `${known[0]}:${known[1]}` : file
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
