import { plainLine } from '@runnerd/options'
import { attempt } from '../attempt.ts'

/** The longest that is passed on, in characters. */
const LONGEST = 200

/** What a service has said, as a short line; `undefined` if there is nothing in it. */
export function toldLine(told: unknown): string | undefined {
  if (told === undefined || told === null) return undefined
  const line = attempt(() => plainLine(String(told)).trim())
  return line === '' ? undefined : shortened(line ?? 'a reason that cannot be shown')
}

/** What a service has thrown, as a short line: that may be anything, with getters that throw too. */
export function thrownLine(thrown: unknown): string {
  try {
    const message = (thrown as Partial<Error> | null | undefined)?.message
    const text = typeof thrown === 'string' ? thrown : message
    if (typeof text === 'string' && text !== '') return shortened(plainLine(text))
    return `it threw ${shortened(plainLine(String(thrown)))}`
  } catch {
    return 'it threw what cannot be shown'
  }
}

function shortened(line: string): string {
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}
