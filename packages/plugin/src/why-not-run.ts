import { isAbsolute, join } from 'node:path'
import type { CachedDropin, CachedUnit } from './cached-directory.ts'
import type { FoundDirectory } from './gather.ts'
import { FORBIDDEN, isForbidden } from './permission.ts'
import { type Distrust, Trust } from './trust.ts'

/**
 * What of all that a dropin's code is, and that is known of it, somebody else
 * could have written, or this user may not read: the way to its file from the root, along every link, its
 * package, and the files it imports. A list looks at less of it.
 *
 * @param file the dropin's file
 */
export function whyNotRun(
  directories: readonly FoundDirectory[],
  file: string,
): Distrust | undefined {
  for (const [dir, unit, dropin] of dropinsIn(directories)) {
    if (join(dir, dropin.file) === file) return distrustOf(dir, unit, dropin, new Trust())
  }
  return undefined
}

/** The same of all dropins, by their files; of those only that somebody else could have written. */
export function distrustedDropins(
  directories: readonly FoundDirectory[],
): ReadonlyMap<string, Distrust> {
  const trust = new Trust()
  const found = new Map<string, Distrust>()
  for (const [dir, unit, dropin] of dropinsIn(directories)) {
    const distrust = distrustOf(dir, unit, dropin, trust)
    if (distrust !== undefined) found.set(join(dir, dropin.file), distrust)
  }
  return found
}

function* dropinsIn(
  directories: readonly FoundDirectory[],
): Generator<readonly [string, CachedUnit, CachedDropin]> {
  for (const { dir, units } of directories) {
    for (const [, unit] of units) for (const dropin of unit.dropins) yield [dir, unit, dropin]
  }
}

function distrustOf(
  dir: string,
  unit: CachedUnit,
  dropin: CachedDropin,
  trust: Trust,
): Distrust | undefined {
  const watched = [...unit.watch, ...dropin.watch].filter(([, key]) => key !== null)
  for (const path of [dropin.file, ...watched.map(([each]) => each)]) {
    const at = isAbsolute(path) ? path : join(dir, path)
    const distrust = trust.whyNot(at)
    if (distrust !== undefined) return distrust
    if (isForbidden(at, false)) return { path: at, reason: FORBIDDEN }
  }
  return undefined
}
