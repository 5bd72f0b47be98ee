// Measures runner beside `node -e 0`, a bare node server and twistd3, in one
// run: `node scripts/bench.mjs [--rounds N] [--node VERSION]... [--only WORD]`.
// Prints medians and ratios, and says which targets are missed.

import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { commands } from './bench/commands.mjs'
import { findNode, runnerVersion, twistdVersion } from './bench/programs.mjs'
import { servers } from './bench/servers.mjs'
import { printTable } from './bench/table.mjs'
import { makeTree } from './bench/tree.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    node: { type: 'string', multiple: true, default: ['20', '24'] },
    only: { type: 'string' },
  },
})

const rounds = Number(values.rounds)
const tree = makeTree({ plugins: 10, packages: 1000 })
let missed = 0
try {
  console.log(
    `runner ${runnerVersion()}, twistd3: ${twistdVersion() ?? 'not installed, its columns are empty'}`,
  )
  for (const wanted of values.node) {
    const node = findNode(wanted)
    console.log(`\nnode ${node.version}, ${rounds} rounds`)
    const rows = []
    for (const measure of [commands, servers]) {
      rows.push(...(await measure({ node, rounds, tree, only: values.only })))
    }
    missed += printTable(rows, node.major)
  }
} finally {
  rmSync(tree, { recursive: true, force: true })
}
console.log(missed === 0 ? '\nEvery target is met.' : `\n${missed} targets are missed.`)
