import { writeFileSync } from 'node:fs'
import type { Kinds } from './kinds.ts'
import type { Layout } from './layout.ts'
import type { WallClock } from './wall-clock.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND

/** The clock is set between a cache and the change after it. */
export function clockKinds(layout: Layout, clock: WallClock): Kinds {
  const editAfter = (offsets: readonly number[]) => () => {
    const path = layout.target([...layout.truth().files])
    const text = layout.edited(path)
    const offset = layout.pick(offsets)
    return () => {
      clock.set(offset)
      writeFileSync(path, text)
    }
  }
  return {
    'clock set back': editAfter([-5 * HOUR, -30 * SECOND, -SECOND, -20, -13, -12]),
    'clock set forward': editAfter([20, SECOND, 5 * HOUR]),
  }
}
