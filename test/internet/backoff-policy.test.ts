import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffPolicy } from '@runnerd/internet'

const none = (): number => 0

describe('backoffPolicy', () => {
  it('backoffPolicy grows as that of Twisted, to a minute', () => {
    const policy = backoffPolicy({ jitter: none })
    const delays = Array.from({ length: 12 }, (_, n) => policy(n + 1).toFixed(2))
    assert.deepEqual(
      delays,
      '1.50 2.25 3.38 5.06 7.59 11.39 17.09 25.63 38.44 57.67 60.00 60.00'.split(' '),
    )
  })

  it('backoffPolicy adds a jitter of less than a second', () => {
    const policy = backoffPolicy()
    const delays = Array.from({ length: 100 }, () => policy(1))
    for (const delay of delays) assert.ok(delay >= 1.5 && delay < 2.5)
    assert.ok(new Set(delays).size > 50)
  })

  it('backoffPolicy takes its numbers from its options', () => {
    let n = 0
    const jitter = (): number => ++n / 10
    const policy = backoffPolicy({ initialDelay: 0.25, factor: 2, maxDelay: 3, jitter })
    assert.deepEqual([1, 2, 3, 4].map(policy), [0.6, 1.2, 2.3, 3.4])
  })

  it('backoffPolicy stays a number of seconds, however often it failed', () => {
    assert.equal(backoffPolicy({ jitter: none })(1e9), 60)
    assert.equal(backoffPolicy({ jitter: none, factor: 1e300 })(1e9), 60)
    assert.equal(backoffPolicy({ jitter: none, initialDelay: 0, factor: 1e300 })(1e9), 60)
    assert.equal(backoffPolicy({ jitter: none, factor: 0.5 })(1e9), 2 ** -100)
  })
})
