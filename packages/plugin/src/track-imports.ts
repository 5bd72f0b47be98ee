import { existsSync, readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname, isAbsolute, join, sep } from 'node:path'
import { followLooks } from './follow-looks.ts'
import { followResolutions, type Resolution } from './follow-resolutions.ts'
import { LinksOnTheWay } from './links-on-the-way.ts'
import { packageRoot, packageScope, realPath, whereNodeLooks } from './where-node-looks.ts'

/** What a dropin's manifest rests on beside the dropin. */
export interface Foundations {
  /** Files that were loaded, what says how, and where others would come before them. */
  readonly imports: readonly string[]
  /** The symbolic links on the way to them. */
  readonly links: readonly string[]
}

/**
 * Tells which files a dropin's manifest rests on: all that was loaded for it but
 * runner's own, whoever loaded it first, and all that decided that it was those.
 * What it asked for in vain counts too: it may come.
 */
export class ImportTracker {
  readonly #news: () => Resolution[] = followResolutions()
  readonly #looks: () => string[] = followLooks()
  readonly #required: NodeJS.Dict<NodeModule> = createRequire(import.meta.filename).cache
  readonly #loaded: WeakSet<object> = followLoads()
  readonly #resolutions = new Map<string, Map<string, Resolution>>()
  readonly #places = new Map<Resolution, readonly string[]>()
  readonly #links = new LinksOnTheWay()
  readonly #ours = new Set<string>()
  readonly #ourPackages = new Set([import.meta.dirname + sep])
  #before: ReadonlySet<string> = new Set()

  /** What was loaded so far is runner's own. */
  loadedOurs(): void {
    for (const { target } of this.#news()) if (target) this.#ours.add(target)
    for (const path of Object.keys(this.#required)) this.#ours.add(path)
  }

  begin(): void {
    // What jiti has run before it would take from here without a word. What Node
    // has loaded must stay: it would take half of that from elsewhere.
    for (const [path, module] of Object.entries(this.#required)) {
      if (!this.#isOurs(path) && module && !this.#loaded.has(module)) delete this.#required[path]
    }
    this.#before = new Set(Object.keys(this.#required))
    this.#drain()
    this.#looks()
  }

  /** What the manifest of `file` rests on, but for itself. */
  end(file: string): Foundations {
    const looked = this.#looks()
    const forIt = this.#drain()
    const required = Object.keys(this.#required).filter((path) => !this.#before.has(path))
    const reached = new Set(
      [realPath(file), ...forIt, ...required].filter((path) => !this.#isOurs(path)),
    )
    const paths = new Set(looked.filter((path) => !this.#isOurs(path) && isMissing(path)))
    const passed = new Set([file, ...looked])
    for (const path of reached) {
      paths.add(path)
      for (const place of packageScope(path)) paths.add(place)
      for (const resolution of this.#resolutions.get(path)?.values() ?? []) {
        const { target } = resolution
        if (isDoor(resolution) || (target && this.#isOurs(target))) continue
        if (target) reached.add(target)
        for (const place of this.#placesOf(resolution)) paths.add(place)
      }
    }
    for (const path of paths) passed.add(path)
    paths.delete(file)
    paths.delete(realPath(file))
    const links = [...passed].flatMap((path) => [...this.#links.to(path).keys()])
    return { imports: [...paths], links: [...new Set(links)] }
  }

  /**
   * Takes what was asked for since the last time. Returns what runner's own
   * modules got by a path: jiti and a `ServiceMaker` import so for a dropin.
   */
  #drain(): string[] {
    const forDropin: string[] = []
    for (const resolution of this.#news()) {
      const { parent, specifier, target, by } = resolution
      if (isDoor(resolution)) this.#addPackage(target)
      if (this.#isOurs(parent)) {
        if (specifier === 'jiti') this.#addPackage(target)
        if (target === undefined || this.#isOurs(target)) continue
        if (specifier.startsWith('.')) this.#ours.add(target)
        else forDropin.push(target)
        continue
      }
      const known = this.#resolutions.get(parent) ?? new Map<string, Resolution>()
      this.#resolutions.set(parent, known)
      const key = `${by} ${specifier} ${target}`
      if (!known.has(key)) known.set(key, resolution)
    }
    return forDropin
  }

  /** A package that is runner's own whole, with what it will load later. */
  #addPackage(target: string | undefined): void {
    const root = target && (packageRoot(target) ?? namedRoot(target))
    if (root) this.#ourPackages.add(root + sep)
  }

  #isOurs(path: string): boolean {
    if (this.#ours.has(path)) return true
    for (const root of this.#ourPackages) if (path.startsWith(root)) return true
    return false
  }

  #placesOf(resolution: Resolution): readonly string[] {
    const known = this.#places.get(resolution)
    if (known !== undefined) return known
    const isBuiltin =
      Module.isBuiltin(resolution.specifier) || /^(node|data):/.test(resolution.specifier)
    const places = isBuiltin ? [] : whereNodeLooks(resolution)
    this.#places.set(resolution, places)
    return places
  }
}

function isDoor({ specifier }: Resolution): boolean {
  return specifier === 'runnerd' || specifier.startsWith('runnerd/')
}

/** The directory of runnerd where somebody works on it. */
function namedRoot(path: string): string | undefined {
  for (let dir = dirname(path); dir !== dirname(dir); dir = dirname(dir)) {
    const file = join(dir, 'package.json')
    if (existsSync(file) && /"name":\s*"runnerd"/.test(readFileSync(file, 'utf8'))) return dir
  }
  return undefined
}

function isMissing(path: string): boolean {
  return isAbsolute(path) && !existsSync(path)
}

/** Notes the modules that Node itself loads: jiti keeps its own among them. */
function followLoads(): WeakSet<object> {
  const loaded = new WeakSet<object>()
  const { prototype } = Module as unknown as { prototype: { load(path: string): unknown } }
  const { load } = prototype
  prototype.load = function (path) {
    loaded.add(this)
    return load.call(this, path)
  }
  return loaded
}
