import { readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { didYouMean, plainText } from '@runnerd/options'
import type { CachedPackage } from './cached-directory.ts'
import { fileKey, statsOf, type Watch } from './file-key.ts'
import { DROPIN_FILE } from './list-directory.ts'
import { FORBIDDEN, isForbidden, isPermission } from './permission.ts'
import { readPlainFile } from './read-plain-file.ts'

const DEFAULT_FOLDER = 'plugins'

/** A package that carries dropins, as its package.json tells it. */
export interface PluginPackage {
  readonly package: CachedPackage
  /** The dropins' files, relative to the package. */
  readonly files: readonly string[]
  /** Directories whose change means other dropins, relative to the package. */
  readonly watches: readonly Watch[]
  /** Why dropins are missing that it promises. */
  readonly fault?: string
}

/** A package.json that says `runner`, or may say it, but can't be used. */
export class PackageFault extends Error {}

/**
 * Reads the package in `dir`; `undefined` when it is no plugin package.
 *
 * @throws PackageFault when it is one that is broken
 */
export async function readPluginPackage(dir: string): Promise<PluginPackage | undefined> {
  const text = readText(join(dir, 'package.json'))
  if (text === undefined || !text.includes('"runner"')) return undefined
  const { runner: field, ...manifest } = parse(text)
  // Something else of that name may say `"runner": "…"`.
  if (field !== true && (typeof field !== 'object' || field === null)) return undefined
  const { plugins, ...more } = field === true ? {} : (field as { plugins?: unknown })
  const patterns = patternsOf(plugins)
  const { files, watches } = await dropinFiles(dir, patterns)
  // And `"runner": {…}` may be another's too, who promises no folder.
  const isPromised = plugins !== undefined || Object.keys(more).length === 0
  const promised = isPromised ? files : files.filter((file) => file !== DEFAULT_FOLDER)
  const fault =
    whyClosed(dir, watches) ??
    (isPromised ? whyNone(promised, patterns) : whyMisspelt(Object.keys(more)))
  return {
    package: packageOf(manifest),
    files: promised,
    watches,
    ...(fault === undefined ? {} : { fault }),
  }
}

function whyClosed(dir: string, watches: readonly Watch[]): string | undefined {
  const closed = watches.find(([path]) => isClosed(join(dir, path)))
  return closed && `runner.plugins: ${closed[0]}: ${FORBIDDEN}`
}

function isClosed(path: string): boolean {
  return statsOf(path)?.isDirectory() === true && isForbidden(path)
}

function whyNone(files: readonly string[], patterns: readonly string[]): string | undefined {
  return files.length > 0 ? undefined : `runner.plugins finds no file: ${patterns.join(' ')}`
}

function whyMisspelt(keys: readonly string[]): string | undefined {
  const key = keys.find((each) => didYouMean(each.toLowerCase(), ['plugins']) !== undefined)
  return key && `runner.${key} means nothing; did you mean runner.plugins?`
}

function packageOf({ name, version, peerDependencies }: Manifest): CachedPackage {
  const needs = (peerDependencies as Manifest | null | undefined)?.runnerd
  return {
    name: typeof name === 'string' ? plainText(name) : '',
    version: typeof version === 'string' ? plainText(version) : '',
    ...(typeof needs === 'string' ? { needs: plainText(needs) } : {}),
  }
}

function readText(path: string): string | undefined {
  try {
    // npm takes one with a byte order mark.
    return readPlainFile(path, { follow: true })
      ?.toString()
      .replace(/^\uFEFF/, '')
  } catch (error) {
    if (isPermission(error)) throw new PackageFault(`package.json: ${FORBIDDEN}`)
    return undefined
  }
}

type Manifest = Record<string, unknown>

function parse(text: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null) return manifest as Manifest
  } catch (error) {
    throw new PackageFault(`package.json is not JSON: ${(error as Error).message}`)
  }
  throw new PackageFault('package.json is not an object')
}

function patternsOf(plugins: unknown): string[] {
  const patterns = [plugins ?? DEFAULT_FOLDER].flat()
  return patterns.map((pattern) => {
    if (typeof pattern !== 'string' || pattern === '') {
      throw new PackageFault('runner.plugins is not a path or a list of them')
    }
    const isNegative = pattern.startsWith('!')
    const path = posix.normalize(isNegative ? pattern.slice(1) : pattern)
    if (leadsOut(path))
      throw new PackageFault(`runner.plugins leads out of the package: ${pattern}`)
    return `${isNegative ? '!' : ''}${path}`
  })
}

function leadsOut(path: string): boolean {
  return posix.isAbsolute(path) || path === '..' || path.startsWith('../')
}

async function dropinFiles(
  dir: string,
  patterns: readonly string[],
): Promise<{ files: string[]; watches: Watch[] }> {
  const exceptions = patterns.filter((pattern) => pattern.startsWith('!'))
  const wanted = patterns.filter((pattern) => !exceptions.includes(pattern))
  if (wanted.length === 0) wanted.push(DEFAULT_FOLDER)
  const globs = await globsIn(wanted)
  const files = new Set<string>()
  const watched = new Set<string>()
  for (const path of wanted.filter((pattern) => !globs.includes(pattern))) {
    watched.add(path)
    if (!statsOf(join(dir, path))?.isDirectory()) files.add(path)
    else for (const name of dropinNames(join(dir, path))) files.add(posix.join(path, name))
  }
  if (globs.length > 0) {
    const { expandGlobs } = await import('./expand-globs.ts')
    const found = await expandGlobs(dir, globs)
    for (const file of found.files.filter(isDropin)) files.add(file)
    for (const each of found.dirs) watched.add(each)
  }
  if (exceptions.length > 0) {
    const { expandGlobs } = await import('./expand-globs.ts')
    const paths = exceptions.map((pattern) => pattern.slice(1))
    const found = await expandGlobs(dir, [...paths, ...paths.map((path) => `${path}/**`)])
    for (const file of found.files) files.delete(file)
  }
  return {
    files: [...files],
    watches: [...watched].map((path): Watch => [path, fileKey(join(dir, path))]),
  }
}

/** globby says which are, but isn't asked about what is plainly none. */
async function globsIn(paths: readonly string[]): Promise<string[]> {
  const odd = paths.filter((path) => /[*?[\]{}!@+()|\\]/.test(path))
  if (odd.length === 0) return []
  const { isGlob } = await import('./expand-globs.ts')
  return odd.filter(isGlob)
}

function isDropin(file: string): boolean {
  return DROPIN_FILE.test(posix.basename(file))
}

/** The names of the dropin files in a directory, sorted. */
function dropinNames(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => !name.startsWith('.') && DROPIN_FILE.test(name))
      .filter((name) => statsOf(join(dir, name))?.isFile())
      .sort()
  } catch {
    return []
  }
}
