import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CachedDropin, CachedUnit } from './cached-directory.ts'
import type { Discovery, FoundPlugin } from './discovery.ts'
import { type CachePlaces, prepareCache, readCaches, writeCache } from './dropin-cache.ts'
import { settled, UNSETTLED } from './file-key.ts'
import { type FoundDirectory, gather } from './gather.ts'
import { modulePath, type PathEntry, type SearchFrom } from './module-path.ts'
import type { ReadDropin } from './read-dropins.ts'
import { type ScannedDirectory, type StaleDropin, scanDirectory } from './scan-directory.ts'

/** Where to search, and who does. */
export interface PluginSearch extends SearchFrom {
  /** Which build of runner searches; the cache of another is not believed. */
  readonly writer: string
  /** The module that `import 'runnerd'` means for a dropin with no copy of its own. */
  readonly door: string
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

/**
 * Finds the plugins on the module path. What the dropin cache knows and still
 * holds is taken from it; what changed or is new is read in one child process.
 * No plugin's code runs in this process, and a broken one is a fault among
 * plugins that work.
 *
 * @see Twisted's `twisted.plugin.getPlugins`
 */
export async function getPlugins(search: PluginSearch): Promise<Discovery> {
  const lookedAt = Date.now()
  const looks: Look[] = []
  for (const entry of modulePath(search)) {
    if (existsSync(entry.dir)) looks.push(await look(entry, search))
  }
  const stale = looks.flatMap(staleFiles)
  const read = stale.length === 0 ? new Map<string, ReadDropin>() : await readStale(stale, search)
  return gather(looks.map((each) => remember(each, read, lookedAt)))
}

interface Look {
  readonly entry: PathEntry
  readonly places: CachePlaces
  readonly scanned: ScannedDirectory
}

/** Where the cache beside the plugins can't be written it may be old, and another one right. */
async function look(entry: PathEntry, search: PluginSearch): Promise<Look> {
  const places = { ...entry, variables: search.variables, writer: search.writer }
  let scanned: ScannedDirectory | undefined
  for (const cached of readCaches(places)) {
    const found = await scanDirectory(entry, cached)
    if (scanned === undefined || !found.changed) scanned = found
    if (!found.changed) break
  }
  if (scanned === undefined) {
    prepareCache(places)
    scanned = await scanDirectory(entry, undefined)
  }
  return { entry, places, scanned }
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
  return readDropins({ files, door, limit: readLimit })
}

function remember(
  { entry, places, scanned }: Look,
  read: ReadonlyMap<string, ReadDropin>,
  lookedAt: number,
): FoundDirectory {
  const units: [string, CachedUnit][] = []
  for (const [name, unit] of scanned.units) {
    const dropins = unit.dropins.map((dropin) =>
      isStale(dropin) ? fresh(dropin, read.get(join(entry.dir, dropin.file)), lookedAt) : dropin,
    )
    units.push([name, { ...unit, watch: settled(unit.watch, lookedAt), dropins }])
  }
  if (scanned.changed) writeCache(places, { watch: settled(scanned.watch, lookedAt), units })
  return { dir: entry.dir, units }
}

function fresh(
  { file, key }: StaleDropin,
  read: ReadDropin | undefined,
  lookedAt: number,
): CachedDropin {
  const { plugins, faults, imports, passing } = read ?? NOT_READ
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
