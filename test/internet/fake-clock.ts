import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'

export interface FakeClock {
  /** What `performance.now` tells, in milliseconds. */
  now: number
  /** How many milliseconds early the timers fire, as real ones may. */
  early: number
  pass(milliseconds: number): Promise<void>
}

/** Has time pass only when the test says so. Node's own mock of timers warns that it may change. */
export function fakeClock(t: TestContext): FakeClock {
  const timers = new Map<object, { at: number; fire: () => void }>()
  const clock: FakeClock = {
    now: 0,
    early: 0,
    async pass(milliseconds) {
      await settled()
      clock.now += milliseconds
      for (const [handle, { at, fire }] of [...timers]) {
        if (at - clock.early > clock.now) continue
        timers.delete(handle)
        fire()
      }
      await settled()
    },
  }
  t.mock.method(performance, 'now', () => clock.now)
  t.mock.method(globalThis, 'setTimeout', (fire: () => void, delay: number) => {
    assert.ok(delay < 2 ** 31, 'setTimeout would fire at once')
    const handle = {}
    timers.set(handle, { at: clock.now + delay, fire })
    return handle
  })
  t.mock.method(globalThis, 'clearTimeout', (handle: object) => timers.delete(handle))
  return clock
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
