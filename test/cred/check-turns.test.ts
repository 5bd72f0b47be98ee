import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import { passwordLine } from '../helpers/password-line.ts'
import { openWith } from './open-with.ts'

/** The hashes that are being made: each waits until it is told to go on. */
class HeldHashes {
  /** What is waited for now. */
  readonly held: (() => void)[] = []
  /** The cost of each so far. */
  readonly costs: number[] = []

  constructor(t: TestContext) {
    const { scrypt } = crypto
    t.after(() => {
      crypto.scrypt = scrypt
      syncBuiltinESMExports()
    })
    const hold = (...args: Parameters<typeof scrypt>): void => {
      this.costs.push((args[3] as { N: number }).N)
      this.held.push(() => scrypt(...args))
    }
    crypto.scrypt = hold as typeof scrypt
    syncBuiltinESMExports()
  }

  /** Lets the next one that comes go on. */
  async letGo(): Promise<void> {
    await until(() => this.held.length > 0)
    this.held.shift()?.()
  }
}

/** Looks at each turn of the event loop, and gives up when it has waited in vain for long. */
async function until(condition: () => boolean): Promise<void> {
  for (const limit = Date.now() + 30_000; !condition(); ) {
    if (Date.now() > limit) assert.fail(`waited in vain for ${condition}`)
    await new Promise(setImmediate)
  }
}

test('a name that is not there takes the same work as one that is: that of one of the file', async (t) => {
  const file = await openWith(
    t,
    passwordLine('anna', 'a', 4) + passwordLine('bert', 'b', 4) + passwordLine('carl', 'c', 5),
  )
  const hashes = new HeldHashes(t)
  const costOf = async (name: string, password: string): Promise<number> => {
    const before = hashes.costs.length
    const [answer] = await Promise.all([file.check(name, password), hashes.letGo()])
    assert.equal(answer, false)
    assert.equal(hashes.costs.length, before + 1, 'one hash for each')
    return hashes.costs.at(-1) as number
  }
  assert.equal(await costOf('anna', 'x'), 16)
  assert.equal(await costOf('carl', 'x'), 32)
  const costs = new Set<number>()
  for (let n = 0; n < 40; n += 1) {
    const cost = await costOf(`nobody${n}`, 'x')
    assert.equal(await costOf(`nobody${n}`, 'y'), cost, 'the same at each try')
    costs.add(cost)
  }
  assert.deepEqual([...costs].sort(), [16, 32])
})

test('of any number of checks two are made at a time, 64 wait and the rest is refused', async (t) => {
  const file = await openWith(t, passwordLine('anna', 'tiger'))
  const hashes = new HeldHashes(t)
  const ends: string[] = []
  for (let n = 0; n < 100; n += 1) {
    file.check('anna', `guess ${n}`).then(
      () => ends.push('made'),
      (error) => ends.push(error.code),
    )
  }
  await until(() => ends.length === 34 && hashes.held.length === 2)
  assert.deepEqual(new Set(ends), new Set(['ERR_TOO_MANY_CHECKS']))
  for (let made = 1; made <= 66; made += 1) {
    await hashes.letGo()
    await until(() => ends.length === 34 + made)
    // With each that ends the next begins, and no other.
    await until(() => hashes.costs.length === Math.min(66, made + 2))
    assert.ok(hashes.held.length <= 2)
  }
  assert.equal(ends.filter((end) => end === 'made').length, 66)
  const [isRight] = await Promise.all([file.check('anna', 'tiger'), hashes.letGo()])
  assert.equal(isRight, true, 'and then there is room again')
})

test('one password is worked out once while it is checked, and for a while after it was right', async (t) => {
  const file = await openWith(t, passwordLine('anna', 'tiger'))
  const hashes = new HeldHashes(t)
  const many = Array.from({ length: 100 }, () => file.check('anna', 'tiger'))
  await hashes.letGo()
  assert.deepEqual(new Set(await Promise.all(many)), new Set([true]))
  assert.equal(await file.check('anna', 'tiger'), true)
  assert.equal(hashes.costs.length, 1)
  for (const count of [2, 3]) {
    const [isRight] = await Promise.all([file.check('anna', 'wrong'), hashes.letGo()])
    assert.equal(isRight, false)
    assert.equal(hashes.costs.length, count, 'a wrong one is not remembered')
  }
  writeFileSync(`${file.path}.new`, passwordLine('anna', 'lion'), { mode: 0o600 })
  renameSync(`${file.path}.new`, file.path)
  const [isRight] = await Promise.all([file.check('anna', 'tiger'), hashes.letGo()])
  assert.equal(isRight, false, 'nor is any when the line has changed')
})
