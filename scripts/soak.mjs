// Runs a daemon with workers under load, with faults at random, and looks for what was
// lost: `node scripts/soak.mjs [--seconds 600] [--seed N] [--workers 2] [--count N]`.
// Sets up and builds the tests first. The same seed gives the same faults, in
// an order that the machine's pace may move.

import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { root } from './root.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 100000) },
    workers: { type: 'string', default: '2' },
    count: { type: 'string', default: '100000' },
  },
})
const [seconds, seed, workers, count] = [
  values.seconds,
  values.seed,
  values.workers,
  values.count,
].map(Number)

for (const args of [['scripts/bootstrap.mjs'], ['node_modules/typescript/bin/tsc', '-b']]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
console.log(`seed ${seed}, ${seconds} s, ${workers} workers`)
const program = join(root, 'test', 'dist', 'soak', 'main.js')
const plan = JSON.stringify({ seconds, seed, workers, count })
const { stdout } = await promisify(execFile)(process.execPath, [program, plan])
const { faults, answered, excused, footprints, quiet, left, wrong } = JSON.parse(stdout)

for (const [what, times] of Object.entries(faults))
  console.log(`${String(times).padStart(8)}  ${what}`)
for (const line of left) console.log(`    none  ${line}`)
console.log(`answered ${answered}; ${excused} cut with a worker that was killed`)
const [first, last] = footprints
console.log(
  `memory ${first.memory} MB in the first third, ${last.memory} in the last; kept at rest ${quiet[0].memory} before, ${quiet[1].memory} after`,
)
console.log(
  `descriptors ${first.descriptors} and ${last.descriptors}; at rest ${quiet[0].descriptors} before, ${quiet[1].descriptors} after`,
)
for (const line of wrong) console.log(`wrong: ${line}`)
process.exitCode = wrong.length === 0 ? 0 : 1
