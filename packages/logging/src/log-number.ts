import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * Finds the highest number that a rotated file of this log has, 0 if there is
 * none. A file that was compressed since, `runner.log.3.gz`, counts too, so that
 * its number is not given again.
 *
 * @internal
 */
export function highestNumber(path: string): number {
  const prefix = `${basename(path)}.`
  let highest = 0
  for (const name of namesIn(dirname(path))) {
    if (!name.startsWith(prefix)) continue
    const digits = /^\d{1,15}(?=\.|$)/.exec(name.slice(prefix.length))
    if (digits !== null) highest = Math.max(highest, Number(digits[0]))
  }
  return highest
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Not readable since the privileges were shed; the caller remembers a number.
    return []
  }
}
