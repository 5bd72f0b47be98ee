import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isUnmapped } from './unmapped-user.ts'

/** A path that somebody else could have written to, and why that is so. */
export interface Distrust {
  readonly path: string
  readonly reason: string
}

/** More links than this in a row are a circle. */
const MOST_LINKS = 40

/** What isn't there is no error. */
const THERE = { throwIfNoEntry: false } as const

const OPEN = 'everybody may write to it'

/**
 * Why what is at a path is not ours to run: it belongs to someone else than this
 * user or root, or everybody may write to it. Root trusts only root. A group
 * that may write is trusted: many systems make that of every new directory.
 * Windows has no such owners.
 */
export function whyDistrusted(stats: Stats): string | undefined {
  const user = process.geteuid?.()
  if (user === undefined) return undefined
  return whyForeign(stats, user) ?? ((stats.mode & 0o002) === 0 ? undefined : OPEN)
}

function whyForeign({ uid }: Stats, user: number): string | undefined {
  if (uid === 0 || uid === user) return undefined
  return `it belongs to user ${uid}, not to ${user === 0 ? 'root' : `user ${user} or root`}`
}

/**
 * Tells who but this user and root could put something else in the place of a
 * path: whoever may write to a directory that the path leads through, from the
 * root and along every symbolic link. In a sticky one, as `/tmp`, only the owner of
 * what is there may. Looks at each directory once, so it is for one search.
 */
export class Trust {
  readonly #ways = new Map<string, Distrust | undefined>()

  /** What is wrong with a path itself, links followed, or with the way to it. */
  whyNot(path: string): Distrust | undefined {
    const distrust = this.whyReplaceable(path)
    if (distrust !== undefined) return distrust
    const stats = attempt(() => statSync(path, THERE))
    const reason = stats && whyDistrusted(stats)
    return reason === undefined ? undefined : { path, reason }
  }

  /** The same, but for a path inside a directory whose way is known to be fine. */
  whyNotBelow(dir: string, file: string): Distrust | undefined {
    let path = dir
    for (const part of file.split('/')) {
      path = join(path, part)
      const distrust = this.whyNot(path)
      if (distrust !== undefined) return distrust
    }
    return undefined
  }

  /** What is wrong with the way to a path, whatever is there; it may be nothing. */
  whyReplaceable(path: string): Distrust | undefined {
    return process.geteuid === undefined ? undefined : this.#way(path, 0)
  }

  #way(path: string, links: number): Distrust | undefined {
    if (!this.#ways.has(path)) this.#ways.set(path, this.#look(path, links))
    return this.#ways.get(path)
  }

  #look(path: string, links: number): Distrust | undefined {
    const dir = dirname(path)
    if (dir === path || links > MOST_LINKS) return undefined
    const above = this.#way(dir, links)
    if (above !== undefined) return above
    const stats = attempt(() => lstatSync(path, THERE))
    const reason = whyOpen(
      attempt(() => statSync(dir, THERE)),
      stats,
    )
    if (reason !== undefined) return { path: dir, reason }
    if (!stats?.isSymbolicLink()) return undefined
    const target = attempt(() => readlinkSync(path))
    return target === undefined ? undefined : this.#way(resolve(dir, target), links + 1)
  }
}

/** Why somebody else could replace an entry of a directory. */
function whyOpen(dir: Stats | undefined, entry: Stats | undefined): string | undefined {
  const user = process.geteuid!()
  if (dir === undefined) return undefined
  const reason = whyForeign(dir, user)
  if (reason !== undefined && !isUnmapped(dir.uid)) return reason
  if ((dir.mode & 0o002) === 0) return undefined
  const isSticky = (dir.mode & 0o1000) !== 0
  const isOurs = entry === undefined || whyForeign(entry, user) === undefined
  return isSticky && isOurs ? undefined : OPEN
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    // Not there, or not for us to see: nothing of it is used.
    return undefined
  }
}
