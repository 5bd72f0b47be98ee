import { readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { contentKey } from './content-key.ts'
import { fileKey, isAsItWas, statsOf, type Watch } from './file-key.ts'
import { isLinkKey, linkKey } from './link-key.ts'
import { LinksOnTheWay } from './links-on-the-way.ts'
import { scopeKey } from './scope-key.ts'
import { packageRoot, packageScope, realPath, whereNodeLooks } from './where-node-looks.ts'

/**
 * What a dropin was made from in a package that it depends on. Where that is
 * differs from one install to another: it is said by the names that lead there,
 * `['dep', 'its dep']`.
 */
export interface OutsidePackage {
  readonly names: readonly string[]
  /** Paths in that package, by their content. */
  readonly watch: readonly Watch[]
}

/** What is watched in other packages, or the path of a file that is in none. */
export type Outside = { readonly packages: OutsidePackage[] } | { readonly stray: string }

/**
 * Says by names what is watched in other packages.
 *
 * @param from the directory of the dropin
 * @param watches those of files outside its package, their paths absolute
 */
export function outsidePackages(from: string, watches: readonly Watch[]): Outside {
  const byRoot = new Map<string, Watch[]>()
  for (const [path, key] of watches) {
    // Where nothing was, and how it was reached, is for each install to see.
    if (key === null || isLinkKey(key) || path !== realPath(path)) continue
    const root = rootOf(path)
    if (root === undefined) return { stray: path }
    const isScope = path === join(root, 'package.json')
    const held: Watch = [relative(root, path), isScope ? scopeKey(path) : contentKey(path)]
    byRoot.set(root, [...(byRoot.get(root) ?? []), held])
  }
  const names = namesOf(from, [...byRoot.keys()])
  const packages: OutsidePackage[] = []
  for (const [root, watch] of byRoot) {
    const known = names.get(root)
    if (known !== undefined) packages.push({ names: known, watch })
    // A package.json that was only looked at is no reason.
    else if (watch.some(([path]) => path !== 'package.json'))
      return { stray: join(root, watch[0]![0]) }
  }
  return { packages }
}

/** The names that lead to each package, the fewest there are. */
function namesOf(from: string, roots: readonly string[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  const waiting: (readonly [string, readonly string[]])[] = [[from, []]]
  for (const [dir, names] of waiting) {
    for (const root of roots) {
      if (found.has(root)) continue
      const name = nameOf(root)
      if (packageFrom(dir, name) !== root) continue
      found.set(root, [...names, name])
      waiting.push([root, [...names, name]])
    }
  }
  return found
}

/** What it is called where it is installed, or by itself where somebody works on it. */
function nameOf(root: string): string {
  const installed = `${sep}node_modules${sep}`
  const at = root.lastIndexOf(installed)
  return at < 0
    ? declaredName(root)
    : root
        .slice(at + installed.length)
        .split(sep)
        .join('/')
}

function declaredName(root: string): string {
  try {
    const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    return String(name)
  } catch {
    return ''
  }
}

function rootOf(path: string): string | undefined {
  const root = packageRoot(path)
  if (root !== undefined) return root
  const scope = packageScope(path).at(-1)
  return scope !== undefined && statsOf(scope) ? dirname(scope) : undefined
}

function packageFrom(dir: string, name: string): string | undefined {
  const path = placesOf(dir, name).at(-1)
  return path !== undefined && statsOf(path) ? realPath(dirname(path)) : undefined
}

/** Where Node looks for a package; its package.json comes last, where it has one. */
function placesOf(dir: string, name: string): string[] {
  if (name === '') return []
  const target = join(dir, 'any.js')
  return whereNodeLooks({ parent: target, specifier: name, target, by: 'import' })
}

/**
 * The watches, by their status, of what is as it was when a manifest was made;
 * `undefined` when something isn't.
 *
 * @param from the directory of the dropin, links followed
 */
export function watchesOf(from: string, outside: readonly OutsidePackage[]): Watch[] | undefined {
  const links = new LinksOnTheWay()
  const watches: Watch[] = []
  for (const { names, watch } of outside) {
    let dir = from
    for (const name of names) {
      const places = placesOf(dir, name)
      for (const place of places) watches.push([place, fileKey(place)])
      for (const link of links.to(places.at(-1) ?? dir).keys()) watches.push([link, linkKey(link)])
      const found = packageFrom(dir, name)
      if (found === undefined) return undefined
      dir = found
    }
    for (const [path, key] of watch) {
      const file = join(dir, path)
      if (!isAsItWas(file, key)) return undefined
      watches.push([file, fileKey(file)])
    }
  }
  return watches
}
