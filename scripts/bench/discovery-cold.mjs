import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runnerBin } from './programs.mjs'
import { inTurn, timeOf } from './timing.mjs'
import { dropinsOf, makeTree } from './tree.mjs'

/** A list with no cache of any kind: what looking at 1,000 packages costs. */
export async function cold({ node, rounds, work }) {
  const trees = {
    none: makeTree({ plugins: 0, packages: 1000 }),
    links: makeTree({ plugins: 0, packages: 1000, links: true }),
    ten: makeTree({ plugins: 10, packages: 1000 }),
    shipped: shipping(makeTree({ plugins: 10, packages: 1000 }), node),
  }
  const fallback = join(work, 'cache')
  const env = { ...process.env, RUNNER_CACHE_DIR: fallback }
  const list = (cwd) => () => {
    for (const dir of [join(cwd, 'node_modules', '.cache'), fallback]) {
      rmSync(dir, { recursive: true, force: true })
    }
    return timeOf(node.path, [runnerBin], { cwd, env })
  }
  const medians = await inTurn(rounds, {
    nothing: () => timeOf(node.path, ['-e', '0'], { cwd: trees.none }),
    none: list(trees.none),
    links: list(trees.links),
    ten: list(trees.ten),
    shipped: list(trees.shipped),
  })
  for (const tree of Object.values(trees)) rmSync(tree, { recursive: true })
  const row = { unit: 'ms', against: 'node -e 0', base: medians.nothing }
  return [
    { ...row, what: 'cold, 0 in 1,000', value: medians.none, target: 2.5 },
    { ...row, what: "cold, 0 in 1,000, pnpm's links", value: medians.links, target: 2.5 },
    { ...row, what: 'cold, 10 with dropin.json in 1,000', value: medians.shipped, target: 2.5 },
    { ...row, what: 'cold, 10 to read in 1,000', value: medians.ten },
  ]
}

/** Has the plugin packages of a tree carry what their authors would ship with them. */
function shipping(tree, node) {
  for (const file of dropinsOf(tree, 10)) {
    timeOf(node.path, [runnerBin, 'plugins', 'build'], { cwd: dirname(file) })
  }
  return tree
}
