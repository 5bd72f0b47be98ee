import { dirname, join, resolve, sep } from 'node:path'
import type { CachedDirectory, CachedDropin, CachedUnit } from './cached-directory.ts'
import { type CachePlaces, writeCache } from './dropin-cache.ts'
import { byStatus, fileKey, sameKey, settled, UNSETTLED, type Watch } from './file-key.ts'
import type { FoundDirectory } from './gather.ts'
import { isLinkKey } from './link-key.ts'
import type { PathEntry } from './module-path.ts'
import { MovedPaths } from './moved-paths.ts'
import type { ReadDropin } from './read-dropins.ts'
import {
  isAllShipped,
  isAmiss,
  type ScannedDirectory,
  type ScannedUnit,
  type StaleDropin,
} from './scanned-directory.ts'

/** A directory that was looked at, of which dropins may have to be read. */
export interface Look {
  readonly entry: PathEntry
  readonly places: CachePlaces
  readonly scanned: ScannedDirectory
}

const NOT_READ: ReadDropin = {
  plugins: [],
  faults: ['it was not read'],
  imports: [],
  passing: true,
}

const OVER: ReadDropin = { plugins: [], faults: [], imports: [], passing: true }

export function isStale(dropin: CachedDropin | StaleDropin): dropin is StaleDropin {
  return 'key' in dropin
}

/** Puts together what was looked at with what was read, and writes the cache if that is news. */
export function remember(
  { entry, places, scanned }: Look,
  read: ReadonlyMap<string, ReadDropin>,
  lookedAt: number,
): FoundDirectory {
  const memory = new Memory(entry.dir, read, lookedAt)
  const units: [string, CachedUnit][] = []
  for (const [name, unit] of scanned.units) {
    if (!isGone(join(entry.dir, name), unit)) units.push([name, memory.of(unit)])
  }
  const content = { watch: scanned.watch, units }
  if (scanned.changed && !isAllShipped(scanned, entry.kind))
    writeCache(places, memory.heldByStatus(content))
  return { ...entry, state: 'searched', ...content }
}

/** True for a package that went while it was looked at; a broken one is another thing. */
function isGone(dir: string, unit: ScannedUnit): boolean {
  const isAsked = unit.package !== undefined && isAmiss(unit)
  return isAsked && fileKey(join(dir, 'package.json')) === null
}

class Memory {
  readonly #dir: string
  readonly #read: ReadonlyMap<string, ReadDropin>
  readonly #lookedAt: number
  readonly #moved: MovedPaths

  constructor(dir: string, read: ReadonlyMap<string, ReadDropin>, lookedAt: number) {
    this.#dir = dir
    this.#read = read
    this.#lookedAt = lookedAt
    this.#moved = new MovedPaths(lookedAt)
  }

  of(unit: ScannedUnit): CachedUnit {
    const dropins = unit.dropins.map((dropin) =>
      isStale(dropin) ? this.#fresh(dropin, unit) : dropin,
    )
    return { ...unit, dropins }
  }

  #fresh({ file, key }: StaleDropin, unit: ScannedUnit): CachedDropin {
    const path = join(this.#dir, file)
    const found = this.#read.get(path) ?? NOT_READ
    // What was wrong with a file that went or changed meanwhile is no news of the one there now.
    const isMoved = key !== null && this.#moved.has(path)
    const isAnother = isMoved || !sameKey(key, fileKey(path))
    const isOver = key !== null && found.faults.length > 0 && isAnother
    const { plugins, endpointTypes, faults, imports, passing } = isOver ? OVER : found
    const own: Watch = [file, passing || isMoved ? UNSETTLED : key]
    const watch = settled([own, ...this.#beside(imports, unit)], this.#lookedAt)
    return {
      file,
      watch,
      plugins,
      ...(endpointTypes === undefined ? {} : { endpointTypes }),
      faults,
      ...(faults.length > 0 ? { node: process.version } : {}),
    }
  }

  /** Watches as they are written for others too, without what the unit says already. */
  #beside(watches: readonly Watch[], unit: ScannedUnit): Watch[] {
    const start = this.#dir + sep
    const watched = new Map(unit.watch)
    return (
      watches
        .map(
          ([path, key]): Watch => [path.startsWith(start) ? path.slice(start.length) : path, key],
        )
        // Nothing comes into a directory without changing it.
        .filter(([path, key]) => key !== null || !watched.get(dirname(path)))
    )
  }

  /** For a cache: content is dear to hold, and a part of what was built in may still be. */
  heldByStatus(content: CachedDirectory): CachedDirectory {
    const inDir = (path: string): string => resolve(this.#dir, path)
    const held = (watch: readonly Watch[]): readonly Watch[] =>
      watch.some(([, key]) => typeof key === 'string' && !isLinkKey(key))
        ? settled(byStatus(watch, inDir), this.#lookedAt)
        : watch
    const units = content.units.map(([name, unit]): [string, CachedUnit] => {
      const dropins = unit.dropins.map((dropin) => ({ ...dropin, watch: held(dropin.watch) }))
      return [name, { ...unit, watch: held(unit.watch), dropins }]
    })
    return { watch: held(content.watch), units }
  }
}
