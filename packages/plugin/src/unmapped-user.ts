import { readFileSync } from 'node:fs'

/** What the kernel calls the owner of what belongs to none of a namespace's users. */
const OVERFLOW = 65534

/**
 * True for the owner of what is from outside of this user namespace, as `/` is in a
 * rootless sandbox. No process in here can be that user, and it isn't one who
 * lives here: "nobody" is in the map where there is one.
 */
export function isUnmapped(uid: number): boolean {
  if (uid !== OVERFLOW) return false
  try {
    const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
    return lines
      .map((line) => line.trim().split(/\s+/).map(Number))
      .every(([first = 0, , count = 0]) => uid < first || uid >= first + count)
  } catch {
    return false
  }
}
