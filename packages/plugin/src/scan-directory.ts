import { join, posix } from 'node:path'
import type { CachedDropin, CachedUnit, RememberedDirectory } from './cached-directory.ts'
import { byStatus, fileKey, settled, UNSETTLED, type Watch } from './file-key.ts'
import { isLinkKey, wayWatches } from './link-key.ts'
import { LinksOnTheWay } from './links-on-the-way.ts'
import { isDanglingDropin, listDirectory } from './list-directory.ts'
import type { PathEntry } from './module-path.ts'
import { MovedPaths } from './moved-paths.ts'
import { isFile, isFor, PathKeys, thisUser } from './path-keys.ts'
import { FORBIDDEN } from './permission.ts'
import { PackageFault, type PluginPackage, readPluginPackage } from './plugin-package.ts'
import {
  isMissing,
  type ScannedDirectory,
  type ScannedUnit,
  type StaleDropin,
} from './scanned-directory.ts'
import { ShippedDropins } from './shipped-dropins.ts'
import type { Distrust, Trust } from './trust.ts'
import { whileItStays } from './while-it-stays.ts'
import { whyIncompatible } from './why-incompatible.ts'

/** What package managers leave in a `node_modules` at the end of their work. */
const LOCKS = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml', '.yarn-integrity']

const scans = { plugins: 'plugins', packages: 'packages', package: 'itself' } as const

/** Who looks, and when. */
export interface Looker {
  /** The version of runner, which packages say they need. */
  readonly version: string
  /** When the search began: what changed at that time or later can't be remembered. */
  readonly lookedAt: number
  /** Knows what could be somebody else's doing. */
  readonly trust: Trust
}

/** Looks at a directory of the module path, taking from the cache what still holds. */
export async function scanDirectory(
  entry: Pick<PathEntry, 'kind' | 'dir'>,
  cached: RememberedDirectory | undefined,
  looker: Looker,
  keys: PathKeys = new PathKeys(entry.dir),
): Promise<ScannedDirectory> {
  const scan = new Scan(entry.dir, cached, looker, keys)
  return await scan[scans[entry.kind]]()
}

class Scan {
  readonly #dir: string
  readonly #cached: RememberedDirectory | undefined
  readonly #known: ReadonlyMap<string, CachedUnit>
  readonly #units = new Map<string, ScannedUnit>()
  readonly #keys: PathKeys
  readonly #shipped: ShippedDropins
  readonly #looker: Looker
  readonly #links = new LinksOnTheWay()
  readonly #moved: MovedPaths
  #changed: boolean

  constructor(
    dir: string,
    cached: RememberedDirectory | undefined,
    looker: Looker,
    keys: PathKeys,
  ) {
    this.#dir = dir
    this.#keys = keys
    this.#looker = looker
    this.#moved = new MovedPaths(looker.lookedAt)
    this.#shipped = new ShippedDropins(dir)
    this.#cached = cached
    this.#known = new Map(cached?.units)
    this.#changed = cached === undefined
  }

  /** A plugins directory is listed each time: the cache in it changes its key. */
  async plugins(): Promise<ScannedDirectory> {
    const { files, dirs, links } = listDirectory(this.#dir)
    for (const name of files) {
      const known = this.#known.get(name)?.dropins ?? []
      const dropin = this.#dropin(name, known)
      // One that went after it was listed is none.
      if ('key' in dropin && dropin.key === null) continue
      this.#units.set(name, { watch: [], dropins: [dropin] })
    }
    // One that is no plugin package is remembered too: it may become one.
    for (const name of dirs) this.#units.set(name, await this.#package(name, links.has(name)))
    const gone = [...this.#known.keys()].some((name) => !this.#units.has(name))
    return { watch: [], units: this.#units, changed: this.#changed || gone }
  }

  /** The package that somebody works on, where it is. */
  async itself(): Promise<ScannedDirectory> {
    await this.#installed('.')
    return { watch: [], units: this.#units, changed: this.#changed }
  }

  /** A `node_modules` is listed, and its packages opened, only when it changed. */
  async packages(): Promise<ScannedDirectory> {
    if (this.#cached && this.#keys.isUnchanged(this.#cached.watch)) {
      for (const name of this.#known.keys()) await this.#installed(name)
      return { watch: this.#cached.watch, units: this.#units, changed: this.#changed }
    }
    const watch = this.#watches(['.', ...LOCKS])
    const names = this.#listed('')
    for (const [scope] of names.filter(([name]) => name.startsWith('@'))) {
      watch.push(...this.#watches([scope]))
      names.push(...this.#listed(scope))
    }
    for (const [name, isLink] of names) {
      await this.#installed(name, isLink)
      const mayChange = isLink && this.#links.leadsOut(this.#keys.inDir(name))
      if (mayChange) watch.push(...this.#watches([posix.join(name, 'package.json')]))
    }
    return { watch, units: this.#units, changed: true }
  }

  #listed(scope: string): (readonly [name: string, isLink: boolean])[] {
    const { dirs, links } = listDirectory(join(this.#dir, scope))
    return dirs.map((name) => [posix.join(scope, name), links.has(name)])
  }

  async #installed(name: string, isLink?: boolean): Promise<void> {
    const unit = await this.#package(name, isLink)
    if (unit.package || unit.fault) this.#units.set(name, unit)
  }

  #watches(paths: readonly string[]): Watch[] {
    return this.#settled(paths.map((path): Watch => [path, fileKey(this.#keys.inDir(path))]))
  }

  #settled(watches: readonly Watch[]): Watch[] {
    return settled(byStatus(watches, this.#keys.inDir), this.#looker.lookedAt)
  }

  /** @param isLink whether it is a link; left out when that can't have changed */
  async #package(name: string, isLink?: boolean): Promise<ScannedUnit> {
    const cached = this.#known.get(name)
    const holds = cached && this.#holds(cached, isLink) && this.#isTrusted(name, cached)
    if (holds && !this.#cached?.isBuilt) {
      if (cached.incompatible !== undefined) return cached
      const dropins = cached.dropins.map(({ file }) => this.#dropin(file, cached.dropins))
      // Else it went or was replaced since its keys were taken.
      if (!dropins.some(isMissing)) return { ...cached, dropins }
    }
    this.#changed = true
    return await whileItStays(join(this.#keys.inDir(name), 'package.json'), () =>
      this.#readPackage(name, holds ? cached.dropins : [], isLink),
    )
  }

  async #readPackage(
    name: string,
    known: readonly CachedDropin[],
    isLink?: boolean,
  ): Promise<ScannedUnit> {
    const path = this.#keys.inDir(name)
    const watch = this.#watches([posix.join(name, 'package.json')])
    // Two packages in a store may be of the same files, and rest on different others.
    if (isLink) watch.push(...wayWatches(path, this.#links, this.#looker.lookedAt))
    try {
      const found = await readPluginPackage(path)
      if (this.#moved.has(join(path, 'package.json'))) watch.push([name, UNSETTLED])
      if (found !== undefined) return await this.#found(name, found, watch, known)
      if (!isDanglingDropin(path)) return { watch, dropins: [] }
      watch.push([name, null])
      return { watch, dropins: [], fault: 'it is a link to what is not there' }
    } catch (error) {
      if (!(error instanceof PackageFault)) throw error
      return { watch, dropins: [], ...faulty(error.message) }
    }
  }

  #holds(cached: CachedUnit, isLink: boolean | undefined): boolean {
    if (isFile(cached) || !isFor(cached.user) || !this.#keys.isUnchanged(cached.watch)) return false
    return isLink === undefined || isLink === cached.watch.some(([, key]) => isLinkKey(key))
  }

  /** True when what was to be trusted still is; what was not is another one's, or changed. */
  #isTrusted(name: string, { user }: CachedUnit): boolean {
    return user !== undefined || this.#distrust(posix.join(name, 'package.json')) === undefined
  }

  #distrust(file: string): Distrust | undefined {
    return this.#looker.trust.whyNotBelow(this.#dir, file)
  }

  async #found(
    name: string,
    found: PluginPackage,
    watch: Watch[],
    known: readonly CachedDropin[],
  ): Promise<ScannedUnit> {
    const distrust = this.#distrust(posix.join(name, 'package.json'))
    if (distrust !== undefined) {
      watch.push(...this.#watches([distrust.path]))
      const fault = `not used, ${distrust.path}: ${distrust.reason}`
      return { watch, package: found.package, dropins: [], fault, ...thisUser() }
    }
    const more = found.watches.map(([path, key]): Watch => [posix.join(name, path), key])
    watch.push(...this.#settled(more))
    const files = found.files.map((file) => posix.join(name, file))
    const incompatible = await whyIncompatible(found.package, this.#looker.version)
    // All anew: in pnpm's store a file of one version can be a file of the other too.
    const dropins = files.map((file) =>
      incompatible === undefined ? this.#dropin(file, known) : this.#unread(file),
    )
    const reason = incompatible === undefined ? faulty(found.fault) : { incompatible }
    return { watch, package: found.package, dropins, ...reason }
  }

  /** A dropin that isn't to be read, with what is shipped of it. */
  #unread(file: string): CachedDropin {
    const nothing = { file, watch: this.#watches([file]), plugins: [], faults: [] }
    return this.#shippedOf(file) ?? nothing
  }

  #dropin(file: string, known: readonly CachedDropin[]): CachedDropin | StaleDropin {
    const cached = known.find((dropin) => dropin.file === file)
    const distrust = this.#distrust(file)
    const isAsBefore = distrust === undefined || cached?.user !== undefined
    if (cached && isAsBefore && this.#keys.holds(cached)) return cached
    this.#changed = true
    if (distrust !== undefined) {
      const faults = [`not used, ${distrust.path}: ${distrust.reason}`]
      return {
        file,
        watch: this.#watches([file, distrust.path]),
        plugins: [],
        faults,
        ...thisUser(),
      }
    }
    return this.#shippedOf(file) ?? { file, key: fileKey(this.#keys.inDir(file)) }
  }

  #shippedOf(file: string): CachedDropin | undefined {
    const shipped = this.#shipped.find(file)
    return shipped && { ...shipped, watch: this.#settled(shipped.watch) }
  }
}

function faulty(fault: string | undefined): { fault?: string; user?: number } {
  if (fault === undefined) return {}
  return { fault, ...(fault.endsWith(FORBIDDEN) ? thisUser() : {}) }
}
