import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { ChangingTree } from './changing-tree.ts'

/** `RUNNER_FUZZ=ROUNDS:SEED` asks for more, or for the same again. */
const [rounds = 1, seed = Date.now() % 100000] = (process.env.RUNNER_FUZZ ?? '')
  .split(':')
  .filter((part) => part !== '')
  .map(Number)

/** Numbers from 0 to 1 that are the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

test('getPlugins misses no change, and sees none where there is none', async (t) => {
  t.diagnostic(`RUNNER_FUZZ=${rounds}:${seed}`)
  const random = randomFrom(seed)
  const tree = new ChangingTree(t, random)
  await tree.find()
  const names = Object.keys(tree.changes)
  const wrong: string[] = []
  for (let at = 0; at < names.length * rounds; at++) {
    const name = names[Math.floor(random() * names.length)]!
    // At times the cache has settled before the change, at times it has not.
    if (random() < 0.5) await tree.warm()
    tree.changes[name]!()
    const found = tree.found(await tree.find())
    if (JSON.stringify(found) !== JSON.stringify(tree.truth())) wrong.push(`${at} missed: ${name}`)
    if (random() < 0.3) {
      await tree.warm()
      writeFileSync(tree.canaries, '')
      assert.deepEqual(tree.found(await tree.find()), tree.truth())
      if (readFileSync(tree.canaries, 'utf8') !== '') wrong.push(`${at} false: after ${name}`)
    }
  }
  assert.deepEqual(wrong, [])
})
