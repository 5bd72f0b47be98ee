import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** The numbers that are found beside a log. */
export interface Numbers {
  /**
   * The highest, 0 if there is none. A file that was compressed since,
   * `runner.log.3.gz`, counts too, so that its number is not given again.
   */
  readonly highest: number
  /** Those of files that are named by us, `runner.log.3`, from the highest down. */
  readonly ours: readonly number[]
}

/**
 * Looks which numbers the rotated files of a log have; `undefined` if that can't
 * be seen, as since the privileges were shed.
 *
 * @internal
 */
export function numbersOf(path: string): Numbers | undefined {
  const prefix = `${basename(path)}.`
  const names = namesIn(dirname(path))
  if (names === undefined) return undefined
  let highest = 0
  const ours: number[] = []
  for (const name of names) {
    if (!name.startsWith(prefix)) continue
    const rest = name.slice(prefix.length)
    const digits = /^\d{1,15}(?=\.|$)/.exec(rest)?.[0]
    if (digits === undefined) continue
    const number = Number(digits)
    highest = Math.max(highest, number)
    // Not 007: what we named has no zeros before its number.
    if (rest === String(number)) ours.push(number)
  }
  return { highest, ours: ours.sort((one, other) => other - one) }
}

function namesIn(directory: string): string[] | undefined {
  try {
    return readdirSync(directory)
  } catch {
    return undefined
  }
}
