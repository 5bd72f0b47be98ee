import { isAbsolute, join, posix } from 'node:path'
import type { CachedDirectory, CachedDropin, CachedUnit } from './cached-directory.ts'
import { type FileKey, fileKey, unchanged, type Watch } from './file-key.ts'
import { leadsOut, listDirectory } from './list-directory.ts'
import type { PathEntry } from './module-path.ts'
import { PackageFault, readPluginPackage } from './plugin-package.ts'

/** A dropin that must be read anew; its key was taken before. */
export interface StaleDropin {
  readonly file: string
  readonly key: FileKey | null
}

/** A thing in a directory, as it is now. */
export interface ScannedUnit {
  readonly watch: readonly Watch[]
  readonly package?: NonNullable<CachedUnit['package']>
  readonly fault?: string
  readonly dropins: readonly (CachedDropin | StaleDropin)[]
}

/** A directory as it is now, and whether that is what the cache has. */
export interface ScannedDirectory {
  readonly watch: readonly Watch[]
  readonly units: ReadonlyMap<string, ScannedUnit>
  readonly changed: boolean
}

/** What package managers leave in a `node_modules` at the end of their work. */
const LOCKS = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml', '.yarn-integrity']

/** Looks at a directory of the module path, taking from the cache what still holds. */
export async function scanDirectory(
  entry: PathEntry,
  cached: CachedDirectory | undefined,
): Promise<ScannedDirectory> {
  const scan = new Scan(entry.dir, cached)
  return entry.kind === 'plugins' ? await scan.plugins() : await scan.packages()
}

class Scan {
  readonly #dir: string
  readonly #cached: CachedDirectory | undefined
  readonly #known: ReadonlyMap<string, CachedUnit>
  readonly #units = new Map<string, ScannedUnit>()
  readonly #inDir = (path: string): string => (isAbsolute(path) ? path : join(this.#dir, path))
  #changed: boolean

  constructor(dir: string, cached: CachedDirectory | undefined) {
    this.#dir = dir
    this.#cached = cached
    this.#known = new Map(cached?.units)
    this.#changed = cached === undefined
  }

  /** A plugins directory is listed each time: the cache in it changes its key. */
  async plugins(): Promise<ScannedDirectory> {
    const { files, dirs } = listDirectory(this.#dir)
    for (const name of files) {
      const known = this.#known.get(name)?.dropins ?? []
      this.#units.set(name, { watch: [], dropins: [this.#dropin(name, known)] })
    }
    // One that is no plugin package is remembered too: it may become one.
    for (const name of dirs) this.#units.set(name, await this.#package(name))
    const gone = [...this.#known.keys()].some((name) => !this.#units.has(name))
    return { watch: [], units: this.#units, changed: this.#changed || gone }
  }

  /** A `node_modules` is listed, and its packages opened, only when it changed. */
  async packages(): Promise<ScannedDirectory> {
    if (this.#cached && unchanged(this.#cached.watch, this.#inDir)) {
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
      await this.#installed(name)
      const mayChange = isLink && leadsOut(this.#inDir(name))
      if (mayChange) watch.push(...this.#watches([posix.join(name, 'package.json')]))
    }
    return { watch, units: this.#units, changed: true }
  }

  #listed(scope: string): (readonly [name: string, isLink: boolean])[] {
    const { dirs, links } = listDirectory(join(this.#dir, scope))
    return dirs.map((name) => [posix.join(scope, name), links.has(name)])
  }

  async #installed(name: string): Promise<void> {
    const unit = await this.#package(name)
    if (unit.package || unit.fault) this.#units.set(name, unit)
  }

  #watches(paths: readonly string[]): Watch[] {
    return paths.map((path): Watch => [path, fileKey(join(this.#dir, path))])
  }

  async #package(name: string): Promise<ScannedUnit> {
    const cached = this.#known.get(name)
    if (cached && unchanged(cached.watch, this.#inDir)) {
      return {
        ...cached,
        dropins: cached.dropins.map(({ file }) => this.#dropin(file, cached.dropins)),
      }
    }
    this.#changed = true
    const watch = this.#watches([posix.join(name, 'package.json')])
    try {
      const found = await readPluginPackage(join(this.#dir, name))
      if (found === undefined) return { watch, dropins: [] }
      for (const [path, key] of found.watches) watch.push([posix.join(name, path), key])
      // All anew: in pnpm's store a file of one version can be a file of the other too.
      const dropins = found.files.map((file) => this.#dropin(posix.join(name, file), []))
      return { watch, package: { name: found.name, version: found.version }, dropins }
    } catch (error) {
      if (!(error instanceof PackageFault)) throw error
      return { watch, dropins: [], fault: error.message }
    }
  }

  #dropin(file: string, known: readonly CachedDropin[]): CachedDropin | StaleDropin {
    const cached = known.find((dropin) => dropin.file === file)
    if (cached && this.#holds(cached)) return cached
    this.#changed = true
    return { file, key: fileKey(this.#inDir(file)) }
  }

  #holds(dropin: CachedDropin): boolean {
    if (dropin.node !== undefined && dropin.node !== process.version) return false
    return unchanged(dropin.watch, this.#inDir)
  }
}
