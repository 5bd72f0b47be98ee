import type { Stats } from 'node:fs'
import { join, sep } from 'node:path'
import { statsOf } from './file-key.ts'

/** A path that somebody else could have written to, and why that is so. */
export interface Distrust {
  readonly path: string
  readonly reason: string
}

/**
 * Why what is at a path is not ours to run: it belongs to someone else than this
 * user or root, or everybody may write to it. Root trusts only root. A group
 * that may write is trusted: many systems make that of every new directory.
 * Windows has no such owners.
 */
export function whyDistrusted(stats: Stats): string | undefined {
  const user = process.geteuid?.()
  if (user === undefined) return undefined
  if (stats.uid !== 0 && stats.uid !== user) {
    return `it belongs to user ${stats.uid}, not to ${user === 0 ? 'root' : `user ${user} or root`}`
  }
  return (stats.mode & 0o002) === 0 ? undefined : 'everybody may write to it'
}

/**
 * What on the way from a directory down to one of its files is not to be
 * trusted, links followed; the directory itself is not looked at. `file` is
 * relative to it.
 */
export function findDistrust(dir: string, file: string): Distrust | undefined {
  let path = dir
  for (const part of file.split(sep)) {
    path = join(path, part)
    const stats = statsOf(path)
    const reason = stats && whyDistrusted(stats)
    if (reason !== undefined) return { path, reason }
  }
  return undefined
}
