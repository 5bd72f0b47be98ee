import { realpathSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileKey } from './file-key.ts'
import { followResolutions, type Resolution } from './follow-resolutions.ts'

/**
 * Tells which files a dropin's manifest rests on: its own modules, wherever they
 * are, and the package.json of each package that it imports. What it asked for
 * in vain counts too: it may come.
 */
export class ImportTracker {
  readonly #news: () => Resolution[] = followResolutions()
  readonly #required: NodeJS.Dict<NodeModule> = createRequire(import.meta.filename).cache
  readonly #resolutions = new Map<string, Resolution[]>()
  readonly #ours = new Set<string>()
  #before: ReadonlySet<string> = new Set()

  /** What was loaded so far is runner's own. */
  loadedOurs(): void {
    this.#drain()
    for (const path of Object.keys(this.#required)) this.#ours.add(path)
    for (const { target } of [...this.#resolutions.values()].flat())
      if (target) this.#ours.add(target)
    this.#resolutions.clear()
  }

  begin(): void {
    // What jiti has loaded before it would take from here without a word.
    for (const path of Object.keys(this.#required)) {
      if (!this.#ours.has(path) && packageRoot(path) === undefined) delete this.#required[path]
    }
    this.#before = new Set(Object.keys(this.#required))
  }

  /** The paths that the manifest of `file` rests on, but for itself. */
  end(file: string): string[] {
    this.#drain()
    const root = packageRoot(realPath(file))
    const isOwn = (path: string): boolean =>
      !this.#ours.has(path) && [undefined, root].includes(packageRoot(path))
    const required = Object.keys(this.#required).filter((path) => !this.#before.has(path))
    const reached = new Set([
      realPath(file),
      ...required.filter(isOwn),
      ...this.#loadedByOthers(isOwn),
    ])
    const paths = new Set<string>()
    for (const path of reached) {
      paths.add(path)
      for (const resolution of this.#resolutions.get(path) ?? []) {
        const { target } = resolution
        if (target !== undefined && isOwn(target)) reached.add(target)
        else for (const each of pathsBehind(resolution)) paths.add(each)
      }
    }
    paths.delete(file)
    paths.delete(realPath(file))
    return [...paths]
  }

  /** What jiti or a `ServiceMaker` imports for a dropin: for which one can't be told. */
  #loadedByOthers(isOwn: (path: string) => boolean): string[] {
    const others = [...this.#resolutions].filter(([parent]) => !isOwn(parent))
    const targets = others.flatMap(([, resolutions]) => resolutions.map(({ target }) => target))
    return targets.filter((path): path is string => path !== undefined && isOwn(path))
  }

  #drain(): void {
    for (const resolution of this.#news()) {
      const known = this.#resolutions.get(resolution.parent)
      if (known) known.push(resolution)
      else this.#resolutions.set(resolution.parent, [resolution])
    }
  }
}

function pathsBehind({ parent, specifier, target }: Resolution): string[] {
  const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier
  if (/^\.{0,2}\//.test(wanted)) return target === undefined ? candidates(parent, wanted) : []
  const isOurs = wanted === 'runnerd' || wanted.startsWith('runnerd/')
  if (isOurs || /^[#.]|:/.test(wanted) || Module.isBuiltin(wanted)) return []
  return manifests(parent, wanted)
}

/** Where a module that is missing would be looked for. */
function candidates(parent: string, wanted: string): string[] {
  const path = resolve(dirname(parent), wanted)
  // jiti tries its own endings, each a request.
  if (extname(path) !== '') return [path]
  return ['', '.js', '.json', '/index.js', '/package.json'].map((end) => path + end)
}

/** The package.json of a package, and those that would come before it. */
function manifests(parent: string, specifier: string): string[] {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const paths: string[] = []
  for (let dir = dirname(parent); ; dir = dirname(dir)) {
    const path = join(dir, 'node_modules', name, 'package.json')
    if (basename(dir) !== 'node_modules') paths.push(path)
    if (dir === dirname(dir) || fileKey(path) !== null) return paths
  }
}

/** The directory of the installed package that a file belongs to. */
function packageRoot(path: string): string | undefined {
  const installed = `${sep}node_modules${sep}`
  const at = path.lastIndexOf(installed)
  if (at < 0) return undefined
  const [first = '', second = ''] = path.slice(at + installed.length).split(sep)
  return join(path.slice(0, at), installed, first, first.startsWith('@') ? second : '')
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
