import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import '../helpers/own-cache.ts'
import { Tree, tapnames } from './tree.ts'

const body = (tapname: string) => `{ tapname: '${tapname}', description: 'D.', makeService() {} }`
const imports = (tapname: string) =>
  `import { defineServiceMaker } from 'runnerd'\nexport const m = defineServiceMaker(${body(tapname)})`
const requires = (tapname: string) =>
  `const { defineServiceMaker } = require('runnerd')\nexports.m = defineServiceMaker(${body(tapname)})`

const dropins = {
  'plugins/a.js': imports('a'),
  'plugins/b.mjs': imports('b'),
  'plugins/c.cjs': requires('c'),
  'plugins/d.ts': `${imports('d')}\nexport const n: number = 1`,
  'plugins/e.cjs': `exports.m = import('runnerd')\n${requires('e')}`,
}

test("getPlugins gives a dropin 'runnerd' where there is no node_modules", async (t) => {
  const tree = new Tree(t)
  for (const [name, source] of Object.entries(dropins)) tree.write({ [`project/${name}`]: source })
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['a', 'b', 'c', 'd', 'e'], []])
})

test("getPlugins leaves a project its own copy of 'runnerd'", async (t) => {
  const tree = new Tree(t)
  const own = `const defineServiceMaker = (maker) => ({ ...maker, description: 'Own.' })`
  tree.write({
    'project/node_modules/runnerd/package.json': {
      name: 'runnerd',
      exports: { import: './index.mjs', require: './index.cjs' },
    },
    'project/node_modules/runnerd/index.mjs': `export ${own}`,
    'project/node_modules/runnerd/index.cjs': `${own}\nexports.defineServiceMaker = defineServiceMaker`,
    'bare/plugins/z.js': imports('z'),
  })
  for (const [name, source] of Object.entries(dropins)) tree.write({ [`project/${name}`]: source })
  const { plugins, faults } = await tree.find({ pluginPath: [tree.at('bare/plugins')] })
  assert.deepEqual(faults, [])
  assert.deepEqual(
    plugins.map(({ tapname, description }) => `${tapname} ${description}`),
    ['z D.', 'a Own.', 'b Own.', 'c Own.', 'd Own.', 'e Own.'],
  )
})

test("getPlugins gives no other name than 'runnerd'", async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': imports('a').replace('runnerd', 'runnerd-2'),
    'project/plugins/b.cjs': requires('b').replace('runnerd', 'runnerd-2'),
  })
  const { plugins, faults } = await tree.find()
  assert.equal(plugins.length, 0)
  for (const { reason } of faults) assert.match(reason, /^Cannot find (package|module) 'runnerd-2'/)
})

const bundle = fileURLToPath(new URL('../../../packages/runner/bundle/index.mjs', import.meta.url))

test('getPlugins gives the real door', { skip: !existsSync(bundle) && 'not built' }, async (t) => {
  const tree = new Tree(t)
  for (const [name, source] of Object.entries(dropins)) tree.write({ [`project/${name}`]: source })
  const found = await tree.find({ door: bundle })
  assert.deepEqual([tapnames(found), found.faults], [['a', 'b', 'c', 'd', 'e'], []])
})
