import { type Stats, statSync } from 'node:fs'
import { contentKey } from './content-key.ts'
import { isLinkKey, linkKey } from './link-key.ts'
import { isScopeKey, scopeKey } from './scope-key.ts'

/**
 * What tells one state of a file from another: device, inode, size, mtime and
 * ctime. Compared for inequality only. "Newer than the cache" misses every
 * replacement by an older file, which is what package managers do.
 */
export type FileKey = readonly [
  dev: number,
  ino: number,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
]

/**
 * A path and the key it had, by its status, by its content or, for a link, by where
 * it led; `null` when there was nothing.
 */
export type Watch = readonly [path: string, key: FileKey | string | null]

/** The key of nothing that ever was: the next look finds it changed. */
export const UNSETTLED: FileKey = [0, 0, 0, 0, 0]

/** The coarsest tick in which a kernel stamps two changes alike, in milliseconds. */
const TICK = 10

/** The same for a file system that keeps whole seconds only. */
const COARSE_TICK = 2000

/** The key of what is at `path`, links followed; `null` when there is nothing. */
export function fileKey(path: string): FileKey | null {
  const stats = statsOf(path)
  if (stats === undefined) return null
  // A directory's size is no news that its mtime isn't.
  return [stats.dev, stats.ino, stats.isDirectory() ? 0 : stats.size, stats.mtimeMs, stats.ctimeMs]
}

/** The stats of what is at `path`, links followed; `undefined` when none can be had. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

export function sameKey(a: FileKey | null, b: FileKey | null): boolean {
  if (a === null || b === null) return a === b
  return a[4] === b[4] && a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0]
}

/** True when what is at a path is as it was when it had this key. */
export function isAsItWas(path: string, key: Watch[1]): boolean {
  if (typeof key !== 'string') return sameKey(key, fileKey(path))
  if (isLinkKey(key)) return key === linkKey(path)
  return key === (isScopeKey(key) ? scopeKey(path) : contentKey(path))
}

/** The watches by status only: dearer to make, cheaper to hold. */
export function byStatus(watches: readonly Watch[], resolve: (path: string) => string): Watch[] {
  return watches.map(([path, key]) => [
    path,
    typeof key === 'string' && !isLinkKey(key) ? fileKey(resolve(path)) : key,
  ])
}

/**
 * The watches as they may be remembered. A file that changed so shortly before
 * it was looked at that one more change could leave the same key is remembered
 * as unsettled. Its ctime tells: an mtime can be set to anything, the future too.
 */
export function settled(watches: readonly Watch[], lookedAt: number): Watch[] {
  return watches.map(([path, key]) => {
    const isStatus = key !== null && typeof key !== 'string'
    return [path, isStatus && isRacy(key[4], lookedAt) ? UNSETTLED : key]
  })
}

/** True for a ctime that one more change, after somebody looked, could leave the same. */
export function isRacy(ctimeMs: number, lookedAt: number): boolean {
  return ctimeMs >= lookedAt - (ctimeMs % 1000 === 0 ? COARSE_TICK : TICK)
}
