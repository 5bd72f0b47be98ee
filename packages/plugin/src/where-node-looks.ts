import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { statsOf } from './file-key.ts'
import type { Resolution } from './follow-resolutions.ts'

/** What `require` adds to a path that is no file, in this order. */
const ENDINGS = [
  '.js',
  '.json',
  '.node',
  '/package.json',
  '/index.js',
  '/index.json',
  '/index.node',
]

/**
 * The paths that Node looks at on its way from what a module wrote to the file
 * that it gets: where something would come before it, and those that may be, or
 * be below, a link. In vain it has looked at every one.
 */
export function whereNodeLooks(resolution: Resolution): string[] {
  const { parent, specifier, by } = resolution
  const wanted = by === 'import' ? specifier.replace(/[?#].*/s, '') : specifier
  if (specifier.startsWith('file:')) return placesOf(pathOf(specifier, parent), resolution)
  if (isAbsolute(specifier) || /^\.{1,2}(\/|$)/.test(specifier)) {
    return placesOf(pathOf(specifier, parent, by), resolution)
  }
  // Those are in the package.json of the asking module, with what else it says.
  return wanted.startsWith('#') || wanted === '' ? [] : inPackages(wanted, resolution)
}

function pathOf(specifier: string, parent: string, by: Resolution['by'] = 'import'): string {
  if (by === 'require') return resolve(dirname(parent), specifier)
  try {
    return fileURLToPath(new URL(specifier, pathToFileURL(parent)))
  } catch {
    return resolve(dirname(parent), specifier)
  }
}

/** Where a path is looked for up to the one at which the target is. */
function placesOf(path: string, { by, target }: Pick<Resolution, 'by' | 'target'>): string[] {
  const places = [path, ...(by === 'require' ? ENDINGS.map((ending) => path + ending) : [])]
  if (target === undefined) return places
  const at = places.findIndex((place) => realPath(place) === target)
  if (at >= 0) return places.slice(0, at + 1).filter((place) => !isDirectory(place))
  // By `main` or `exports` in a package.json.
  return by === 'require'
    ? [path, `${path}/package.json`].filter((place) => !isDirectory(place))
    : [path]
}

/** The places of a package upwards, to where it is. */
function inPackages(wanted: string, resolution: Resolution): string[] {
  const name = wanted.split('/', wanted.startsWith('@') ? 2 : 1).join('/')
  const inside = wanted.slice(name.length + 1)
  const places: string[] = []
  for (let dir = dirname(resolution.parent); ; dir = dirname(dir)) {
    if (basename(dir) !== 'node_modules') {
      const modules = join(dir, 'node_modules')
      const path = join(modules, name)
      // A whole directory that is missing says it of every package.
      if (statsOf(modules) === undefined) places.push(modules)
      else if (!isDirectory(path)) places.push(path)
      else return [...places, ...inPackage(path, inside, resolution)]
    }
    if (dir === dirname(dir)) return places
  }
}

function inPackage(path: string, inside: string, { by, target }: Resolution): string[] {
  const places = [join(path, 'package.json')]
  if (inside !== '') return [...places, ...placesOf(join(path, inside), { by, target })]
  return target === undefined ? [...places, join(path, 'index.js')] : places
}

/** The package.json that says how a file is to be taken, and where one nearer to it would be. */
export function packageScope(file: string): string[] {
  const paths: string[] = []
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    if (basename(dir) === 'node_modules') return paths
    const path = join(dir, 'package.json')
    paths.push(path)
    if (dir === dirname(dir) || statsOf(path) !== undefined) return paths
  }
}

/** The directory of the installed package that a file belongs to. */
export function packageRoot(path: string): string | undefined {
  const installed = `${sep}node_modules${sep}`
  const at = path.lastIndexOf(installed)
  if (at < 0) return undefined
  const [first = '', second = ''] = path.slice(at + installed.length).split(sep)
  return join(path.slice(0, at), installed, first, first.startsWith('@') ? second : '')
}

export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function isDirectory(path: string): boolean {
  return statsOf(path)?.isDirectory() ?? false
}
