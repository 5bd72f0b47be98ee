import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerBin } from './programs.mjs'
import { inTurn, pause, timeOf } from './timing.mjs'
import { dropinsOf, makeTree } from './tree.mjs'

const counter = fileURLToPath(new URL('./count-reads.cjs', import.meta.url))

/** What a changed dropin costs, and what is read and started for it. */
export async function changes({ node, rounds, work }) {
  const alone = makeTree({ plugins: 1, packages: 1 })
  const tenAlone = makeTree({ plugins: 10, packages: 10 })
  const hundred = makeTree({ plugins: 100, packages: 100 })
  const thousand = makeTree({ plugins: 1000, packages: 1000 })
  const list = (cwd) => timeOf(node.path, [runnerBin], { cwd })
  const changed = (tree, many) => () => {
    change(tree, many)
    return list(tree)
  }
  const medians = await inTurn(rounds, {
    nothing: () => timeOf(node.path, ['-e', '0'], { cwd: alone }),
    alone: changed(alone, 1),
    hundred: changed(hundred, 1),
    thousand: changed(thousand, 1),
    tenAlone: changed(tenAlone, 10),
    ten: changed(hundred, 10),
  })
  const counts = [
    ['1 of 100', 1, counted(hundred, 1)],
    ['1 of 1,000', 1, counted(thousand, 1)],
    ['10 of 100', 10, counted(hundred, 10)],
  ]
  for (const tree of [alone, tenAlone, hundred, thousand]) rmSync(tree, { recursive: true })
  const row = { unit: 'ms', against: '1 of 1 changed', base: medians.alone }
  return [
    {
      ...row,
      what: '1 of 1 changed',
      value: row.base,
      against: 'node -e 0',
      base: medians.nothing,
    },
    { ...row, what: '1 of 100 changed', value: medians.hundred, target: 1.25 },
    { ...row, what: '1 of 1,000 changed', value: medians.thousand, target: 1.8 },
    {
      ...row,
      what: '10 of 100 changed',
      value: medians.ten,
      against: '10 of 10 changed',
      base: medians.tenAlone,
      target: 1.25,
    },
    ...counts.flatMap(([what, many, { dropins, children }]) => [
      {
        what: `${what} changed`,
        value: dropins,
        unit: 'read',
        against: 'changed',
        base: many,
        target: 1,
      },
      {
        what: `${what} changed`,
        value: children,
        unit: 'children',
        against: 'one',
        base: 1,
        target: 1,
      },
    ]),
  ]

  /** What is read for so many changes, counted by a module that all processes preload. */
  function counted(tree, many) {
    const file = join(work, 'count')
    const env = { ...process.env, NODE_OPTIONS: `--require ${counter}`, BENCH_COUNT: file }
    timeOf(node.path, [runnerBin], { cwd: tree })
    change(tree, many)
    timeOf(node.path, [runnerBin], { cwd: tree, env })
    const lines = readFileSync(file, 'utf8').split('\n')
    rmSync(file)
    return {
      dropins: lines.filter((line) => line.startsWith('dropin')).length,
      children: lines.filter((line) => line === 'process').length - 1,
    }
  }
}

/** What changed only just is read again the next time too, so it gets a little older. */
function change(tree, many) {
  for (const file of dropinsOf(tree, many)) appendFileSync(file, '// changed\n')
  pause(30)
}
