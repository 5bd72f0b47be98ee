import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { CachedDirectory } from './cached-directory.ts'
import { packed, type UnpackedDirectory, unpacked } from './packed-directory.ts'
import { readPlainFile } from './read-plain-file.ts'
import { isSealed, sealed } from './sealed-json.ts'
import { type Distrust, whyDistrusted } from './trust.ts'
import { userCacheDir } from './user-cache-dir.ts'

const NAME = 'dropin.cache'
const FORMAT = 'runner-dropin/3'

/** A draft this much older than a cache is no longer written at, in milliseconds. */
const LEFT_BEHIND = 60_000

/** Where the cache of a directory may be, best first. */
export interface CachePlaces {
  readonly dir: string
  readonly kind: 'plugins' | 'packages' | 'package'
  readonly variables: NodeJS.ProcessEnv
  /** Which build of runner wrote it: another one's cache is not believed. */
  readonly writer: string
}

/**
 * What caches remember of a directory, best first; but for those that are not to
 * be believed: of another format or build, torn, no plain file, or not written
 * by this user or root. Never an error, whatever is there.
 */
export function* readCaches(places: CachePlaces): Generator<UnpackedDirectory> {
  for (const pathOf of [besidePath, fallbackPath]) {
    const path = pathOf(places)
    const cached = path === undefined ? undefined : readFrom(path, places)
    if (cached !== undefined) yield cached
  }
}

function readFrom(path: string, { dir, writer }: CachePlaces): UnpackedDirectory | undefined {
  try {
    // A link could lead elsewhere.
    const bytes = readPlainFile(path, { follow: false, accept: isTrusted })
    if (bytes === undefined || !isSealed(bytes)) return undefined
    const { format, writer: wrote, dir: of, ...directory } = JSON.parse(bytes.toString())
    if (format !== FORMAT || wrote !== writer || of !== dir) return undefined
    return unpacked(directory)
  } catch {
    return undefined
  }
}

function isTrusted(stats: Stats): boolean {
  return whyNotBelieved(stats) === undefined
}

/** More than what else is trusted: a group has no business in a cache. */
function whyNotBelieved(stats: Stats): string | undefined {
  const reason = whyDistrusted(stats)
  if (reason !== undefined || process.geteuid === undefined) return reason
  return (stats.mode & 0o020) === 0 ? undefined : 'a group may write to it'
}

/** The caches of a directory that are not believed, since somebody else could have written them. */
export function distrustedCaches(places: CachePlaces): Distrust[] {
  return [besidePath(places), fallbackPath(places)].flatMap((path) => {
    const reason = path === undefined ? undefined : whyFileNotBelieved(path)
    return path === undefined || reason === undefined ? [] : [{ path, reason }]
  })
}

function whyFileNotBelieved(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats?.isFile() ? whyNotBelieved(stats) : undefined
  } catch {
    return undefined
  }
}

/**
 * Remembers a directory: written whole under another name and renamed, beside
 * what it describes, or in the user's cache directory where that can't be, or
 * where somebody else keeps one: two users would undo each other's for ever.
 * Where neither can be written it is read anew each time, and nobody is told.
 */
export function writeCache(places: CachePlaces, content: CachedDirectory): void {
  const { dir, writer } = places
  const bytes = sealed({ format: FORMAT, writer, dir, ...packed(content) })
  const beside = besidePath(places)
  const isTaken = beside !== undefined && whyFileNotBelieved(beside) !== undefined
  if (beside !== undefined && !isTaken && writeWhole(beside, bytes)) return
  const fallback = fallbackPath(places)
  if (fallback !== undefined && makeDir(dirname(fallback))) writeWhole(fallback, bytes)
}

/** Makes the place for the cache of a `node_modules`, which changes that directory's key. */
export function prepareCache(places: CachePlaces): void {
  const beside = besidePath(places)
  if (places.kind !== 'plugins' && beside !== undefined) makeDir(dirname(beside))
}

function writeWhole(path: string, bytes: Buffer): boolean {
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`
  try {
    writeFileSync(draft, bytes, { flag: 'wx', mode: 0o644 })
    renameSync(draft, path)
  } catch {
    discard(draft)
    return false
  }
  sweep(path)
  return true
}

/** Removes the drafts of writers that were killed. */
function sweep(path: string): void {
  try {
    const { mtimeMs } = statSync(path)
    for (const name of readdirSync(dirname(path))) {
      if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
      const draft = join(dirname(path), name)
      // Both times are the file system's own, whatever clock it has.
      if (statSync(draft).mtimeMs < mtimeMs - LEFT_BEHIND) discard(draft)
    }
  } catch {
    // Another one sweeps too.
  }
}

function discard(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It isn't there, or not ours.
  }
}

/** Forgets a directory: its caches are removed, where they may be. */
export function forgetCaches(places: CachePlaces): void {
  for (const path of [besidePath(places), fallbackPath(places)]) {
    if (path !== undefined) discard(path)
  }
}

function makeDir(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    return true
  } catch {
    return false
  }
}

function besidePath({ dir, kind }: CachePlaces): string | undefined {
  if (kind === 'plugins') return join(dir, NAME)
  if (kind === 'package') {
    const modules = join(dir, 'node_modules')
    return existsSync(modules) ? join(modules, '.cache', 'runner', `itself.${NAME}`) : undefined
  }
  return basename(dir) === 'node_modules' ? join(dir, '.cache', 'runner', NAME) : undefined
}

function fallbackPath({ dir, variables }: CachePlaces): string | undefined {
  const cacheDir = userCacheDir(variables)
  return cacheDir === undefined ? undefined : join(cacheDir, `${encodeName(dir)}.${NAME}`)
}

/** A path as one file name: its end for people, a number that tells it from its likes. */
function encodeName(dir: string): string {
  let hash = 0n
  for (const byte of Buffer.from(dir))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n)
  const end = dir.replace(/[^A-Za-z0-9]+/g, '-').slice(-60)
  return `${end}-${hash.toString(36)}`
}
