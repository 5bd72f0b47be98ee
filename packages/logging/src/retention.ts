import { lstatSync } from 'node:fs'
import type { LogDirectory } from './log-directory.ts'
import { numbersOf } from './log-number.ts'

/**
 * Removes the rotated files of a log, `path.N`, but for those with the highest
 * numbers. What has another name, or isn't a plain file, is left alone.
 *
 * @param keep how many to keep; 0 means every one
 * @param newest the number given last, for a directory that can't be listed
 * @throws what the directory throws, once all that can be removed is
 * @internal
 */
export function removeOldest(
  directory: LogDirectory,
  path: string,
  keep: number,
  newest: number,
): void {
  if (keep === 0) return
  const surplus = numbersOf(path)?.ours.slice(keep) ?? [newest - keep]
  let failure: unknown
  for (const number of surplus) {
    if (number < 1) continue
    const file = `${path}.${number}`
    try {
      if (lstatSync(file, { throwIfNoEntry: false })?.isFile()) directory.remove(file)
    } catch (error) {
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
}
