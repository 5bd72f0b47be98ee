import { join, resolve } from 'node:path'
import type { CachedDirectory, CachedDropin, CachedUnit } from './cached-directory.ts'
import type { Discovery, FoundPlugin, PluginFault } from './discovery.ts'
import {
  type CachePlaces,
  distrustedCaches,
  forgetCaches,
  prepareCache,
  readCaches,
  writeCache,
} from './dropin-cache.ts'
import { byStatus, fileKey, sameKey, settled, statsOf, UNSETTLED, type Watch } from './file-key.ts'
import { type FoundDirectory, gather } from './gather.ts'
import { modulePath, type PathEntry, type SearchFrom } from './module-path.ts'
import { PathKeys } from './path-keys.ts'
import type { ReadDropin } from './read-dropins.ts'
import type { ScannedDirectory, ScannedUnit, StaleDropin } from './scan-directory.ts'
import { whyDistrusted } from './trust.ts'

/** Where to search, and who does. */
export interface PluginSearch extends SearchFrom {
  /** Which build of runner searches; the cache of another is not believed. */
  readonly writer: string
  /** The module that `import 'runnerd'` means for a dropin with no copy of its own. */
  readonly door: string
  /** The version of runner that packages say they need. */
  readonly version: string
  /** Forget what is remembered, and read everything anew. */
  readonly refresh?: boolean
  /** How long the dropins that are read together may take, in seconds; 10 if left out. */
  readonly readLimit?: number
}

/** How long dropins may take to be read when the search doesn't say, in seconds. */
const READ_LIMIT = 10

const NOT_READ: ReadDropin = {
  plugins: [],
  faults: ['it was not read'],
  imports: [],
  passing: true,
}

const OVER: ReadDropin = { plugins: [], faults: [], imports: [], passing: true }

/**
 * Finds the plugins on the module path. What the dropin cache knows and still
 * holds is taken from it; what changed or is new is read in one child process.
 * No plugin's code runs in this process, and a broken one is a fault among
 * plugins that work.
 *
 * @see Twisted's `twisted.plugin.getPlugins`
 */
export async function getPlugins(search: PluginSearch): Promise<Discovery> {
  return gather(await searchDirectories(search))
}

/** The caches on the module path that are not believed, since others could have written them. */
export function cacheFaults(search: PluginSearch): PluginFault[] {
  const { variables, writer } = search
  return modulePath(search).flatMap((entry) =>
    distrustedCaches({ ...entry, variables, writer }).map(({ path, reason }) => {
      return { file: path, dir: entry.dir, reason: `not believed: ${reason}` }
    }),
  )
}

/** The directories of the module path, each with what is in it. */
export async function searchDirectories(search: PluginSearch): Promise<FoundDirectory[]> {
  const lookedAt = Date.now()
  const looks: (Look | FoundDirectory)[] = []
  for (const entry of modulePath(search)) looks.push(await look(entry, search, lookedAt))
  const stale = looks.filter(isScanned).flatMap(staleFiles)
  const read = stale.length === 0 ? new Map<string, ReadDropin>() : await readStale(stale, search)
  return looks.map((each) => (isScanned(each) ? remember(each, read, lookedAt) : each))
}

const NOTHING = { watch: [], units: [] }

interface Look {
  readonly entry: PathEntry
  readonly places: CachePlaces
  readonly scanned: ScannedDirectory
}

function isScanned(look: Look | FoundDirectory): look is Look {
  return 'scanned' in look
}

/** Where the cache beside the plugins can't be written it may be old, and another one right. */
async function look(
  entry: PathEntry,
  search: PluginSearch,
  lookedAt: number,
): Promise<Look | FoundDirectory> {
  const stats = statsOf(entry.dir)
  if (!stats?.isDirectory()) return { ...entry, state: 'missing', ...NOTHING }
  const looker = { version: search.version, lookedAt }
  const reason = whyDistrusted(stats)
  if (reason !== undefined) {
    const { scanDirectory } = await import('./scan-directory.ts')
    const { units } = await scanDirectory(entry, undefined, looker)
    const isMissed = [...units.values()].some((unit) => unit.package || unit.dropins.length > 0)
    return { ...entry, state: 'not used', reason, isMissed, ...NOTHING }
  }
  const places = { ...entry, variables: search.variables, writer: search.writer }
  const keys = new PathKeys(entry.dir)
  let outdated: CachedDirectory | undefined
  for await (const cached of remembered(places, search)) {
    if (keys.isWhole(cached, entry.kind)) return { ...entry, state: 'searched', ...cached }
    outdated ??= cached
  }
  if (outdated === undefined) prepareCache(places)
  const { scanDirectory } = await import('./scan-directory.ts')
  const scanned = await scanDirectory(entry, outdated, looker, keys)
  return { entry, places, scanned }
}

/** What is remembered of a directory; last what was built into it, which is dearer to hold. */
async function* remembered(
  places: CachePlaces,
  search: PluginSearch,
): AsyncGenerator<CachedDirectory> {
  if (search.refresh) forgetCaches(places)
  else yield* readCaches(places)
  const { manifestFile, readManifest } = await import('./dropin-manifest.ts')
  const built = readManifest(manifestFile(places.dir, places.kind))
  if (built?.runner === search.version) yield built.content
}

function staleFiles({ entry, scanned }: Look): string[] {
  const dropins = [...scanned.units.values()].flatMap((unit) => unit.dropins)
  return dropins.filter(isStale).map(({ file }) => join(entry.dir, file))
}

function isStale(dropin: CachedDropin | StaleDropin): dropin is StaleDropin {
  return 'key' in dropin
}

async function readStale(
  files: readonly string[],
  { door, readLimit = READ_LIMIT }: PluginSearch,
): Promise<ReadonlyMap<string, ReadDropin>> {
  const { readDropins } = await import('./read-dropins.ts')
  return await readDropins({ files, door, limit: readLimit })
}

function remember(
  { entry, places, scanned }: Look,
  read: ReadonlyMap<string, ReadDropin>,
  lookedAt: number,
): FoundDirectory {
  const units: [string, CachedUnit][] = []
  for (const [name, unit] of scanned.units) {
    if (isGone(join(entry.dir, name), unit)) continue
    const dropins = unit.dropins.map((dropin) =>
      isStale(dropin) ? fresh(dropin, join(entry.dir, dropin.file), read, lookedAt) : dropin,
    )
    units.push([name, { ...unit, dropins }])
  }
  const content = { watch: scanned.watch, units }
  if (scanned.changed) writeCache(places, heldByStatus(content, entry.dir, lookedAt))
  return { ...entry, state: 'searched', ...content }
}

/** True for a package that went after it was listed; one that lacks its dropin is another thing. */
function isGone(dir: string, { package: of, dropins }: ScannedUnit): boolean {
  const lacks = dropins.some((dropin) => isStale(dropin) && dropin.key === null)
  return of !== undefined && lacks && fileKey(join(dir, 'package.json')) === null
}

/** For a cache: content is dear to hold, and a part of what was built in may still be. */
function heldByStatus(content: CachedDirectory, dir: string, lookedAt: number): CachedDirectory {
  const inDir = (path: string): string => resolve(dir, path)
  const held = (watch: readonly Watch[]): readonly Watch[] =>
    watch.some(([, key]) => typeof key === 'string')
      ? settled(byStatus(watch, inDir), lookedAt)
      : watch
  const units = content.units.map(([name, unit]): [string, CachedUnit] => {
    const dropins = unit.dropins.map((dropin) => ({ ...dropin, watch: held(dropin.watch) }))
    return [name, { ...unit, watch: held(unit.watch), dropins }]
  })
  return { watch: held(content.watch), units }
}

function fresh(
  { file, key }: StaleDropin,
  path: string,
  read: ReadonlyMap<string, ReadDropin>,
  lookedAt: number,
): CachedDropin {
  const found = read.get(path) ?? NOT_READ
  // What was wrong with a file that went or changed meanwhile is no news of the one there now.
  const isOver = key !== null && found.faults.length > 0 && !sameKey(key, fileKey(path))
  const { plugins, faults, imports, passing } = isOver ? OVER : found
  const watch = settled([[file, passing ? UNSETTLED : key], ...imports], lookedAt)
  return { file, watch, plugins, faults, ...(faults.length > 0 ? { node: process.version } : {}) }
}

/** The plugin a name means: a tapname, or `package:tapname` for any of several. */
export function findPlugin({ plugins }: Discovery, name: string): FoundPlugin | undefined {
  const colon = name.lastIndexOf(':')
  if (colon < 0) return plugins.find(({ tapname }) => tapname === name)
  const [packageName, wanted] = [name.slice(0, colon), name.slice(colon + 1)]
  return plugins.find((each) => each.tapname === wanted && each.package?.name === packageName)
}
