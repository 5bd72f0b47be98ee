import type { Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RememberedDirectory } from './cached-directory.ts'
import type { Discovery, FoundEndpointType, FoundPlugin, Place, PluginFault } from './discovery.ts'
import {
  type CachePlaces,
  distrustedCaches,
  forgetCaches,
  prepareCache,
  readCaches,
} from './dropin-cache.ts'
import type { EndpointKind } from './endpoint-type.ts'
import { statsOf } from './file-key.ts'
import { type FoundDirectory, gather } from './gather.ts'
import { modulePath, type PathEntry, type SearchFrom } from './module-path.ts'
import { PathKeys } from './path-keys.ts'
import { FORBIDDEN, isForbidden } from './permission.ts'
import type { ReadDropin } from './read-dropins.ts'
import { isStale, type Look, remember } from './remember-directory.ts'
import { isAllShipped } from './scanned-directory.ts'
import { isPlaced } from './sound-cache.ts'
import { distrustedTransforms } from './transform-cache-dir.ts'
import { Trust } from './trust.ts'

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

/** The caches that are not believed, since others could have written them. */
export function cacheFaults(search: PluginSearch): PluginFault[] {
  const { variables, writer } = search
  const trust = new Trust()
  const distrusted = modulePath(search).flatMap((entry) =>
    distrustedCaches({ ...entry, variables, writer, trust }),
  )
  const faults = [...distrusted, ...distrustedTransforms(variables)].map(
    ({ file, path, reason }): PluginFault => {
      const of = path === file ? '' : `, ${path}`
      return { file, dir: dirname(file), reason: `not believed${of}: ${reason}` }
    },
  )
  // The user's own directory is that of all.
  return [...new Map(faults.map((fault) => [`${fault.file} ${fault.reason}`, fault])).values()]
}

/** The directories of the module path, or those wanted of them, each with what is in it. */
export async function searchDirectories(
  search: PluginSearch,
  isWanted: (entry: PathEntry) => boolean = () => true,
): Promise<FoundDirectory[]> {
  const lookedAt = Date.now()
  const trust = new Trust()
  const looks: (Look | FoundDirectory)[] = []
  for (const entry of modulePath(search).filter(isWanted)) {
    looks.push(await look(entry, search, lookedAt, trust))
  }
  const stale = looks.filter(isScanned).flatMap(staleFiles)
  const read = stale.length === 0 ? new Map<string, ReadDropin>() : await readStale(stale, search)
  return looks.map((each) => (isScanned(each) ? remember(each, read, lookedAt) : each))
}

const NOTHING = { watch: [], units: [] }

function isScanned(look: Look | FoundDirectory): look is Look {
  return 'scanned' in look
}

/** Where the cache beside the plugins can't be written it may be old, and another one right. */
async function look(
  entry: PathEntry,
  search: PluginSearch,
  lookedAt: number,
  trust: Trust,
): Promise<Look | FoundDirectory> {
  const stats = statsOf(entry.dir)
  if (!stats?.isDirectory()) return { ...entry, ...whyMissing(entry, stats), ...NOTHING }
  if (isForbidden(entry.dir)) {
    return { ...entry, state: 'not used', reason: FORBIDDEN, isMissed: true, ...NOTHING }
  }
  const looker = { version: search.version, lookedAt, trust }
  const distrust = trust.whyNot(entry.dir)
  if (distrust !== undefined) {
    const { scanDirectory } = await import('./scan-directory.ts')
    const { units } = await scanDirectory(entry, undefined, looker)
    const isMissed = [...units.values()].some((unit) => unit.package || unit.dropins.length > 0)
    const { path, reason } = distrust
    const why = path === entry.dir ? { reason } : { reason, because: path }
    return { ...entry, state: 'not used', ...why, isMissed, ...NOTHING }
  }
  const places = { ...entry, variables: search.variables, writer: search.writer, trust }
  const keys = new PathKeys(entry.dir)
  let outdated: RememberedDirectory | undefined
  for await (const cached of remembered(places, search)) {
    if (keys.isWhole(cached, entry.kind)) {
      const { watch, units, isBuilt = false } = cached
      return { ...entry, state: 'searched', watch, units, ...(isBuilt ? { isBuilt } : {}) }
    }
    outdated ??= cached
  }
  // Before its keys are taken, which that changes.
  if (outdated === undefined && entry.kind === 'packages') prepareCache(places)
  const { scanDirectory } = await import('./scan-directory.ts')
  const scanned = await scanDirectory(entry, outdated, looker, keys)
  const isNews = outdated === undefined && entry.kind === 'package'
  if (isNews && !isAllShipped(scanned, entry.kind)) prepareCache(places)
  return { entry, places, scanned }
}

/** Who says where plugins are wants to know that they aren't; of others only what is odd. */
function whyMissing(
  { dir, origin }: PathEntry,
  stats: Stats | undefined,
): Omit<Place, keyof PathEntry> {
  const isMissed = origin === 'plugin path'
  if (stats !== undefined) return { state: 'missing', reason: 'it is no directory', isMissed }
  if (!isMissed) return { state: 'missing' }
  const reason = isForbidden(dir) ? FORBIDDEN : 'no such directory'
  return { state: 'missing', reason, isMissed }
}

/** What is remembered of a directory; last what was built into it, which is dearer to hold. */
async function* remembered(
  places: CachePlaces,
  search: PluginSearch,
): AsyncGenerator<RememberedDirectory> {
  if (search.refresh) forgetCaches(places)
  else yield* readCaches(places)
  const { manifestFile, readManifest } = await import('./dropin-manifest.ts')
  const built = readManifest(manifestFile(places.dir, places.kind))
  const isFine = built?.content.units.every(([name, unit]) => isPlaced(name, unit, places.kind))
  if (built?.runner === search.version && isFine) yield { ...built.content, isBuilt: true }
}

function staleFiles({ entry, scanned }: Look): string[] {
  const dropins = [...scanned.units.values()].flatMap((unit) => unit.dropins)
  return dropins.filter(isStale).map(({ file }) => join(entry.dir, file))
}

async function readStale(
  files: readonly string[],
  { door, readLimit = READ_LIMIT }: PluginSearch,
): Promise<ReadonlyMap<string, ReadDropin>> {
  const { readDropins } = await import('./read-dropins.ts')
  return await readDropins({ files, door, limit: readLimit })
}

/**
 * True for a plugin that was built into a directory but is of none of its
 * packages: what is built in holds on any machine, and can have come with
 * somebody else's files. For who is about to run it.
 */
export async function isMisplaced(
  directories: readonly FoundDirectory[],
  plugin: FoundPlugin,
): Promise<boolean> {
  const directory = directories.find(({ dir }) => dir === plugin.dir)
  if (!directory?.isBuilt) return false
  const { isOfItsPackage } = await import('./is-of-its-package.ts')
  return !(await isOfItsPackage(directory, plugin.file))
}

/** The endpoint type that a prefix means. */
export function findEndpointType(
  { endpointTypes }: Discovery,
  prefix: string,
  kind: EndpointKind,
): FoundEndpointType | undefined {
  return endpointTypes.find((each) => each.prefix === prefix && each.kinds.includes(kind))
}

/** The plugin a name means: a tapname, or `package:tapname` for any of several. */
export function findPlugin({ plugins }: Discovery, name: string): FoundPlugin | undefined {
  const colon = name.lastIndexOf(':')
  if (colon < 0) return plugins.find(({ tapname }) => tapname === name)
  const [packageName, wanted] = [name.slice(0, colon), name.slice(colon + 1)]
  return plugins.find((each) => each.tapname === wanted && each.package?.name === packageName)
}
