import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { pastTick } from '../tree.ts'
import { cachesOf, stampsOf } from './cache-kinds.ts'
import { kindsOf, type LayoutName, layouts } from './kinds.ts'
import type { Layout } from './layout.ts'
import { randomFrom, shuffled } from './random.ts'
import { WallClock } from './wall-clock.ts'

/** What to run. */
export interface FuzzPlan {
  readonly layout: LayoutName
  /** How often each kind of change is made. */
  readonly rounds: number
  readonly seed: number
  /** The coarseness of the file system's stamps in milliseconds; 0 for this one's own. */
  readonly tick?: number
}

/** What came of one kind of change. */
export interface Tally {
  changes: number
  /** Answers that were not what is in the files. */
  missed: number
  /** Searches after no change, with a settled cache. */
  quiet: number
  /** Those that imported a dropin or wrote a cache. */
  false: number
}

/** The tallies by kind, and a line for whatever went wrong. */
export interface FuzzResult {
  readonly tallies: Readonly<Record<string, Tally>>
  readonly wrong: readonly string[]
}

/**
 * Makes each kind of change `rounds` times in an order shuffled by the seed, at
 * once after the cache was written, and compares what is found with the files.
 */
export async function fuzz(
  test: Pick<TestContext, 'after'>,
  { layout: name, rounds, seed, tick = 0 }: FuzzPlan,
): Promise<FuzzResult> {
  const random = randomFrom(seed)
  const layout: Layout = new layouts[name](test, random)
  const clock = new WallClock(tick)
  const tallies: Record<string, Tally> = {}
  const wrong: string[] = []
  await layout.find()
  try {
    const kinds = kindsOf(name, layout, clock)
    for (const kind of Object.keys(kinds))
      tallies[kind] = { changes: 0, missed: 0, quiet: 0, false: 0 }
    const all = Object.keys(kinds).flatMap((kind) => Array<string>(rounds).fill(kind))
    for (const [at, kind] of shuffled(random, all).entries()) {
      const tally = tallies[kind]!
      const complain = (what: string): void => {
        wrong.push(`${name} ${tick} ${seed} round ${at}, ${kind}: ${what}`)
      }
      // The cache is one that has settled, or is as fresh as the files it describes.
      const settles = tick < 100 && layout.isHeads()
      const isClock = kind.startsWith('clock')
      const before = layout.truth().lines
      const change = kinds[kind]!()
      const isKnown = isSame(before, layout.truth().lines)
      if (!isKnown) await layout.find()
      if (settles) await expectQuiet(layout, tally, complain)
      change()
      tally.changes += 1
      const found = layout.found(await layout.find())
      const truth = layout.truth().lines
      if (!isSame(found, truth)) {
        tally.missed += 1
        complain(`missed, ${difference(found, truth)}`)
        for (const cache of cachesOf(layout)) rmSync(cache)
      }
      // Set back, what was changed before is stamped with what is yet to come: it is read each time.
      if (kind === 'clock set forward' && settles) await expectQuiet(layout, tally, complain)
      clock.set(0)
      if (isClock) layout.restamp()
      layout.tidy()
    }
  } finally {
    clock.restore()
  }
  return { tallies, wrong }
}

/** Lets the cache settle, and sees that one more search has nothing to do. */
async function expectQuiet(
  layout: Layout,
  tally: Tally,
  complain: (what: string) => void,
): Promise<void> {
  await pastTick()
  await layout.find()
  writeFileSync(layout.canaries, '')
  const stamps = stampsOf(layout)
  await layout.find()
  tally.quiet += 1
  const imported = readFileSync(layout.canaries, 'utf8').length
  if (imported === 0 && isSame(stamps, stampsOf(layout))) return
  tally.false += 1
  complain(`false change, ${imported} imported`)
}

function isSame(one: unknown, two: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(two)
}

function difference(found: readonly string[], truth: readonly string[]): string {
  const only = (some: readonly string[], others: readonly string[]): string =>
    some.filter((each) => !others.includes(each)).join('; ')
  return `found ${only(found, truth)}, true ${only(truth, found)}`
}
