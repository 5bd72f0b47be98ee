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
import { isSoundCache } from './sound-cache.ts'
import { type Distrust, Trust, whyDistrusted } from './trust.ts'
import { userCacheDirs } from './user-cache-dirs.ts'

const NAME = 'dropin.cache'
const FORMAT = 'runner-dropin/4'

/** A draft this much older than a cache is no longer written at, in milliseconds. */
const LEFT_BEHIND = 60_000

/** Where the cache of a directory may be, best first. */
export interface CachePlaces {
  readonly dir: string
  readonly kind: 'plugins' | 'packages' | 'package'
  readonly variables: NodeJS.ProcessEnv
  /** Which build of runner wrote it: another one's cache is not believed. */
  readonly writer: string
  /** Knows who could put another one in its place; that of the search, if it has one. */
  readonly trust?: Trust
}

/**
 * What caches remember of a directory, best first; but for those that are not to
 * be believed: of another format or build, torn, no plain file, or not written
 * by this user or root. Never an error, whatever is there.
 */
export function* readCaches(places: CachePlaces): Generator<UnpackedDirectory> {
  for (const path of cachePaths(places)) {
    const cached = readFrom(path, places)
    if (cached !== undefined) yield cached
  }
}

function readFrom(
  path: string,
  { dir, kind, writer, trust = new Trust() }: CachePlaces,
): UnpackedDirectory | undefined {
  try {
    // A link could lead elsewhere.
    const bytes = readPlainFile(path, { follow: false, accept: isTrusted })
    if (bytes === undefined || !isSealed(bytes)) return undefined
    if (trust.whyReplaceable(path) !== undefined) return undefined
    const { format, writer: wrote, dir: of, ...directory } = JSON.parse(bytes.toString())
    if (format !== FORMAT || wrote !== writer || of !== dir) return undefined
    const unsealed = unpacked(directory)
    return unsealed && isSoundCache(unsealed, kind) ? unsealed : undefined
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

/** A cache that is not believed. */
export interface CacheFault extends Distrust {
  /** The cache's file, or its directory when it is on the way to that. */
  readonly file: string
}

/**
 * The caches of a directory that are not believed, since somebody else could have
 * written them; those beside it only where it is to be trusted itself.
 */
export function distrustedCaches(places: CachePlaces): CacheFault[] {
  const { dir: of, trust = new Trust() } = places
  const beside = besidePath(places)
  return cachePaths(places).flatMap((file): CacheFault[] => {
    const dir = dirname(file)
    if (file === beside ? trust.whyNot(of) !== undefined : !existsSync(dir)) return []
    const way = trust.whyReplaceable(file)
    if (way !== undefined) return [{ ...way, file: dir }]
    const reason = whyFileNotBelieved(file)
    return reason === undefined ? [] : [{ path: file, reason, file }]
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
  for (const path of cachePaths(places)) {
    const isTaken = whyFileNotBelieved(path) !== undefined
    const isFine = path === beside ? isSafe(path, places) : makeSafeDir(dirname(path), places)
    if (isFine && !isTaken && writeWhole(path, bytes)) return
  }
}

/** Makes the place for the cache of a `node_modules`, which changes that directory's key. */
export function prepareCache(places: CachePlaces): void {
  const beside = besidePath(places)
  if (places.kind !== 'plugins' && beside !== undefined) makeSafeDir(dirname(beside), places)
}

/** True where nobody else can put something in the place of a file. */
function isSafe(path: string, { trust = new Trust() }: CachePlaces): boolean {
  return trust.whyReplaceable(path) === undefined
}

/** Makes a directory, unless somebody else could have a hand in it. */
function makeSafeDir(dir: string, places: CachePlaces): boolean {
  return isSafe(dir, places) && makeDir(dir) && isSafe(join(dir, NAME), places)
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
  for (const path of cachePaths(places)) if (isSafe(path, places)) discard(path)
}

function makeDir(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    return true
  } catch {
    return false
  }
}

/** Where the cache of a directory may be, best first. */
function cachePaths(places: CachePlaces): string[] {
  const beside = besidePath(places)
  const fallbacks = userCacheDirs(places.variables).map((dir) =>
    join(dir, `${encodeName(places.dir)}.${NAME}`),
  )
  return beside === undefined ? fallbacks : [beside, ...fallbacks]
}

function besidePath({ dir, kind }: CachePlaces): string | undefined {
  if (kind === 'plugins') return join(dir, NAME)
  if (kind === 'package') {
    const modules = join(dir, 'node_modules')
    return existsSync(modules) ? join(modules, '.cache', 'runner', `itself.${NAME}`) : undefined
  }
  return basename(dir) === 'node_modules' ? join(dir, '.cache', 'runner', NAME) : undefined
}

/** A path as one file name: its end for people, a number that tells it from its likes. */
function encodeName(dir: string): string {
  let hash = 0n
  for (const byte of Buffer.from(dir))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n)
  const end = dir.replace(/[^A-Za-z0-9]+/g, '-').slice(-60)
  return `${end}-${hash.toString(36)}`
}
