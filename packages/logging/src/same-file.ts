import type { Stats } from 'node:fs'

/** Whether two results of `stat` are of one file, whatever names it has. */
export function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev
}
