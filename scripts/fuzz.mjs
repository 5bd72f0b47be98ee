// Changes trees of dropins in every way and looks for changes that were missed:
// `node scripts/fuzz.mjs [--rounds 20] [--seed N] [--layout NAME]... [--tick MS]`.
// Build the tests first (`npx tsc -b`). Prints each kind of change, by layout, as
// missed/false; `--tick` plays a file system with stamps as coarse as that.

import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { root } from './root.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 100000) },
    layout: { type: 'string', multiple: true, default: ['local', 'npm', 'pnpm', 'workspace'] },
    tick: { type: 'string', default: '0' },
  },
})

const program = join(root, 'test', 'dist', 'plugin', 'fuzz', 'main.js')
const [rounds, seed, tick] = [values.rounds, values.seed, values.tick].map(Number)
const startedAt = Date.now()
const results = new Map()
const waiting = [...values.layout]
await Promise.all(Array.from({ length: availableParallelism() }, runNext))
const wrong = [...results.values()].flatMap((result) => result.wrong)
print()
process.exitCode = wrong.length === 0 ? 0 : 1

async function runNext() {
  for (let layout = waiting.shift(); layout; layout = waiting.shift()) {
    const plan = JSON.stringify({ layout, rounds, seed, tick })
    const { stdout } = await promisify(execFile)(process.execPath, [program, plan], {
      maxBuffer: 2 ** 28,
    })
    results.set(layout, JSON.parse(stdout))
  }
}

function print() {
  const kinds = new Set([...results.values()].flatMap(({ tallies }) => Object.keys(tallies)))
  const width = Math.max(...[...kinds].map((kind) => kind.length))
  const row = (name, cells) =>
    console.log(`${name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join('')}`)
  row('missed/false', values.layout)
  for (const kind of kinds)
    row(
      kind,
      values.layout.map((layout) => cell(layout, kind)),
    )
  const all = [...results.values()].flatMap(({ tallies }) => Object.values(tallies))
  const sum = (name) => all.reduce((total, tally) => total + tally[name], 0)
  for (const line of wrong) console.log(line)
  console.log(
    `seed ${seed}, ${rounds} rounds, ${Math.round((Date.now() - startedAt) / 1000)} s: ` +
      `${sum('changes')} changes, ${sum('missed')} missed; ` +
      `${sum('quiet')} searches after none, ${sum('false')} false`,
  )
}

function cell(layout, kind) {
  const tally = results.get(layout).tallies[kind]
  return tally ? `${tally.missed}/${tally.false}` : '-'
}
