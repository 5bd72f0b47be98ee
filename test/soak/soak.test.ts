import assert from 'node:assert/strict'
import { test } from 'node:test'
import { soak } from './soak.ts'

/** `pnpm soak` is the long one. */
const SECONDS = 60

const skip = process.platform === 'linux' ? false : 'it reads /proc'

test('a daemon with workers loses nothing in a minute of faults', { skip }, async (t) => {
  const plan = { seconds: SECONDS, seed: Date.now() % 100_000, workers: 2, count: 1000 }
  t.diagnostic(`node scripts/soak.mjs --seconds ${SECONDS} --seed ${plan.seed}`)
  const { wrong, ...report } = await soak(plan)
  t.diagnostic(JSON.stringify(report))
  assert.deepEqual(wrong, [])
  assert.ok(report.answered > 0)
})
