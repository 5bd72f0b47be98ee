import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { FuzzPlan, FuzzResult } from './fuzz.ts'

const program = fileURLToPath(new URL('./main.js', import.meta.url))

/** `RUNNER_FUZZ=ROUNDS:SEED` asks for more, or for the same again. */
const [rounds = 1, seed = Date.now() % 100000] = (process.env.RUNNER_FUZZ ?? '')
  .split(':')
  .filter((part) => part !== '')
  .map(Number)

/** Runs in a process of its own, whose clock it may set. */
async function fuzzed(t: TestContext, plan: Omit<FuzzPlan, 'rounds' | 'seed'>): Promise<void> {
  t.diagnostic(`RUNNER_FUZZ=${rounds}:${seed}`)
  const whole = JSON.stringify({ ...plan, rounds, seed })
  const { stdout } = await promisify(execFile)(process.execPath, [program, whole])
  const { tallies, wrong } = JSON.parse(stdout) as FuzzResult
  assert.deepEqual(wrong, [])
  assert.ok(Object.values(tallies).every(({ changes }) => changes === rounds))
}

test('getPlugins misses no change, and sees none where there is none', {
  concurrency: 2,
}, async (t) => {
  await Promise.all([
    t.test('of local dropins', (t) => fuzzed(t, { layout: 'local' })),
    t.test('of packages as npm lays them out', (t) => fuzzed(t, { layout: 'npm' })),
    t.test('of packages as pnpm lays them out', (t) => fuzzed(t, { layout: 'pnpm' })),
    t.test('of packages of a workspace', (t) => fuzzed(t, { layout: 'workspace' })),
  ])
})
