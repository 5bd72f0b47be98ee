import assert from 'node:assert/strict'
import type { Difference } from './differences.ts'
import type { Half } from './half.ts'

/** What was seen of one half. */
export type Observation = { readonly [what: string]: unknown }

interface Described {
  /** The scenario's number in the reference. */
  readonly row: number
  readonly does: string
  /** It has to be root to run as others. */
  readonly needsRoot?: boolean
}

interface Observed extends Described {
  readonly observe: (half: Half) => Promise<Observation>
}

/** Both programs do the same. A pattern in what is expected stands for any text like it. */
export interface SameRow extends Observed {
  readonly same: Observation
}

/** runner does otherwise on purpose. */
export interface DifferentRow extends Observed {
  readonly differs: readonly Difference[]
  readonly runner: Observation
  readonly twistd: Observation
}

export type Row = SameRow | DifferentRow

export function expectedOf(row: Row, name: 'runner' | 'twistd'): Observation {
  return 'same' in row ? row.same : row[name]
}

/** Holds what was seen against what is expected. */
export function assertObserved(seen: Observation, expected: Observation): void {
  assert.deepEqual(seen, settle(expected, seen))
}

/** Puts the text that was seen in the place of each pattern that it matches. */
function settle(expected: unknown, seen: unknown): unknown {
  if (expected instanceof RegExp) {
    return typeof seen === 'string' && expected.test(seen) ? seen : String(expected)
  }
  if (Array.isArray(expected)) {
    return expected.map((each, i) => settle(each, Array.isArray(seen) ? seen[i] : undefined))
  }
  if (typeof expected !== 'object' || expected === null) return expected
  const of = (seen ?? {}) as Observation
  return Object.fromEntries(
    Object.entries(expected).map(([name, each]) => [name, settle(each, of[name])]),
  )
}
