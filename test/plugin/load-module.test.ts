import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { exportsOf, loadModule } from '@runnerd/plugin'
import '../helpers/own-cache.ts'
import { Tree } from './tree.ts'

test('loadModule imports JavaScript and TypeScript of every kind', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/a.js': 'export const name = "js"',
    'project/b.mjs': 'export const name = "mjs"',
    'project/c.cjs': 'exports.name = "cjs"',
    'project/d.ts': 'export const name: string = "ts"',
    'project/e.mts': 'export const name: string = "mts"',
    'project/f.cts': 'const name: string = "cts"\nexport = { name }',
    'project/g.ts': 'enum Kind { A = 7 }\nexport const name = Kind[7] + Kind.A',
    'project/h.ts': 'import { x } from "./helper.js"\nexport const name: string = x',
    'project/helper.ts': 'export const x: string = "helped"',
  })
  const names: unknown[] = []
  for (const file of ['a.js', 'b.mjs', 'c.cjs', 'd.ts', 'e.mts', 'f.cts', 'g.ts', 'h.ts']) {
    const module = await loadModule(tree.at(`project/${file}`), tree.at('door.js'))
    names.push(exportsOf(module).get('name'))
  }
  assert.deepEqual(names, ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts', 'A7', 'helped'])
})

test('loadModule has what a CommonJS module exports as a whole as its default', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/a.cjs': 'module.exports = () => "cjs"',
    'project/b.cts': 'module.exports = (): string => "cts"',
    'project/c.ts': 'const made = (): string => "ts"\nexport = made',
  })
  const said: unknown[] = []
  for (const file of ['a.cjs', 'b.cts', 'c.ts']) {
    const module = await loadModule(tree.at(`project/${file}`), tree.at('door.js'))
    const made = exportsOf(module).get('default')
    said.push(typeof made === 'function' && made())
  }
  assert.deepEqual(said, ['cjs', 'cts', 'ts'])
})

test('loadModule throws what the module throws', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/a.js': 'throw new RangeError("no")',
    'project/b.ts': 'throw new RangeError("no")',
  })
  for (const file of ['a.js', 'b.ts']) {
    const loading = loadModule(tree.at(`project/${file}`), tree.at('door.js'))
    await assert.rejects(loading, { name: 'RangeError', message: 'no' })
  }
  await assert.rejects(loadModule(tree.at('none.js'), tree.at('door.js')), {
    code: 'ENOENT',
    message: 'no such file',
  })
})

test('loadModule keeps nothing of what it transforms in a directory of all users', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/a.ts': 'export const name: string = "ts"', 'project/node_modules/x': '' })
  const { RUNNER_CACHE_DIR } = process.env
  try {
    process.env.RUNNER_CACHE_DIR = tree.at('cache')
    await loadModule(tree.at('project/a.ts'), tree.at('door.js'))
  } finally {
    if (RUNNER_CACHE_DIR === undefined) delete process.env.RUNNER_CACHE_DIR
    else process.env.RUNNER_CACHE_DIR = RUNNER_CACHE_DIR
  }
  assert.ok(!existsSync(tree.at('project/node_modules/.cache')))
})

test('exportsOf counts module.exports as the exports, each once', () => {
  const maker = {}
  const whole = { a: maker, b: 2 }
  const exports = exportsOf({ default: whole, 'module.exports': whole, a: maker })
  assert.deepEqual(
    [...exports],
    [
      ['default', whole],
      ['a', maker],
      ['b', 2],
    ],
  )
  assert.deepEqual(
    [...exportsOf({ default: maker, x: 1 })],
    [
      ['default', maker],
      ['x', 1],
    ],
  )
  assert.equal(exportsOf({ default: { a: 1 }, a: 2 }).get('a'), 2)
  assert.deepEqual([...exportsOf({ default: null })], [['default', null]])
})
