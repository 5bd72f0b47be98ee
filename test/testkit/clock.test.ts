import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Clock } from '@runnerd/testkit'

describe('Clock', () => {
  it('Clock calls what is due, in the order of its times and of the asking', async () => {
    const clock = new Clock()
    const calls: string[] = []
    clock.callLater(3, () => calls.push('c'))
    clock.callLater(1, () => calls.push('a'))
    clock.callLater(3, () => calls.push('d'))
    clock.callLater(2, () => calls.push('b'))
    clock.callLater(3.1, () => calls.push('e'))
    await clock.advance(0.5)
    assert.deepEqual(calls, [])
    await clock.advance(2.5)
    assert.deepEqual(calls, ['a', 'b', 'c', 'd'])
    assert.equal(clock.seconds(), 3)
    await clock.advance(0.125)
    assert.equal(calls.length, 5)
  })

  it('Clock never calls before callLater has returned, with a delay of 0 neither', async () => {
    const clock = new Clock()
    let calls = 0
    clock.callLater(0, () => {
      calls += 1
    })
    assert.equal(calls, 0)
    await clock.advance(0)
    assert.equal(calls, 1)
  })

  it('Clock.advance calls what the calls ask for in that time, when promises have settled', async () => {
    const clock = new Clock()
    const times: number[] = []
    clock.callLater(1, async () => {
      for (let n = 0; n < 10; n++) await undefined
      clock.callLater(0, () => times.push(clock.seconds()))
      clock.callLater(1, () => times.push(clock.seconds()))
    })
    await clock.advance(2)
    assert.deepEqual(times, [2])
    await clock.advance(1)
    assert.deepEqual(times, [2, 3])
  })

  it('Clock.advance lets what was begun happen before time passes', async () => {
    const clock = new Clock()
    const times: number[] = []
    const begin = async (): Promise<void> => {
      for (let n = 0; n < 10; n++) await undefined
      clock.callLater(1, () => times.push(clock.seconds()))
    }
    const begun = begin()
    await clock.advance(1)
    await begun
    assert.deepEqual(times, [1])
  })

  it('Clock.pump lets time pass in steps', async () => {
    const clock = new Clock()
    const times: number[] = []
    const again = (): void => {
      times.push(clock.seconds())
      clock.callLater(1, again)
    }
    again()
    await clock.pump([1, 1, 5, 0.5])
    assert.deepEqual(times, [0, 1, 2, 7])
  })

  it('Clock forgets what is cancelled, twice or late too', async () => {
    const clock = new Clock()
    const calls: number[] = []
    const [first, second] = [1, 2].map((n) => clock.callLater(n, () => calls.push(n)))
    assert.deepEqual(clock.getDelayedCalls(), [first, second])
    assert.deepEqual([second?.active(), second?.getTime()], [true, 2])
    second?.cancel()
    second?.cancel()
    assert.equal(second?.active(), false)
    await clock.advance(5)
    assert.deepEqual(calls, [1])
    assert.equal(first?.active(), false)
    first?.cancel()
    assert.deepEqual(clock.getDelayedCalls(), [])
  })

  it('Clock.advance rejects with what a call throws, and makes the others the next time', async () => {
    const clock = new Clock()
    let calls = 0
    clock.callLater(1, () => assert.fail('out of time'))
    clock.callLater(1, () => {
      calls += 1
    })
    await assert.rejects(clock.advance(1), /out of time/)
    await clock.advance(0)
    assert.equal(calls, 1)
  })

  it('Clock refuses what is no time that passes', async () => {
    const clock = new Clock()
    for (const amount of [-1, Number.NaN]) {
      assert.throws(() => clock.callLater(amount, () => {}), RangeError)
      await assert.rejects(clock.advance(amount), RangeError)
    }
  })
})
