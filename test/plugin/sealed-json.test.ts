import assert from 'node:assert/strict'
import { test } from 'node:test'

// Not a public name: no test of the whole can change each byte of a cache.
const module = new URL('../../../packages/plugin/dist/sealed-json.js', import.meta.url).href
const { isSealed, sealed } = (await import(module)) as {
  isSealed(bytes: Buffer): boolean
  sealed(value: object): Buffer
}

test('sealed JSON is JSON with one field more, whatever its length', () => {
  for (let length = 0; length < 40; length += 1) {
    const value = { text: 'é'.repeat(length) }
    const { sum, ...rest } = JSON.parse(sealed(value).toString())
    assert.deepEqual(rest, value)
    assert.equal(typeof sum, 'number')
    assert.ok(isSealed(sealed(value)))
  }
})

test('isSealed sees every change of a byte, and every loss and gain of one', () => {
  const whole = sealed({ format: 'x', list: [1, 'two', null], text: 'a line that is long enough' })
  for (let at = 0; at < whole.length; at += 1) {
    for (const bit of [1, 8, 128]) {
      const changed = Buffer.from(whole)
      changed[at]! ^= bit
      assert.ok(!isSealed(changed), `byte ${at}`)
    }
    assert.ok(!isSealed(Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)])))
    const [before, after] = [whole.subarray(0, at), whole.subarray(at)]
    assert.ok(!isSealed(Buffer.concat([before, Buffer.from(' '), after])))
  }
})

test('isSealed takes bytes from anywhere in memory', () => {
  const whole = sealed({ text: 'a line that is long enough' })
  for (let at = 0; at < 8; at += 1) {
    const inside = Buffer.concat([Buffer.alloc(at), whole, Buffer.alloc(3)])
    assert.ok(isSealed(inside.subarray(at, at + whole.length)))
  }
  assert.ok(!isSealed(Buffer.alloc(0)))
  assert.ok(!isSealed(Buffer.from('{}')))
})
