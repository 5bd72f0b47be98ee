import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { RESERVED_TAPNAMES, tapnameFault } from '@runnerd/plugin'
import { dropin, Tree, tapnames } from './tree.ts'

const broken: [string, string, string][] = [
  ['a tapname that is a verb', dropin('stop'), 'tapname stop is a verb of runner (export maker)'],
  ['a malformed tapname', dropin('a b'), 'malformed tapname "a b" (export maker)'],
  ['an empty tapname', dropin(''), 'a plugin has no tapname (export maker)'],
  ['no description', dropin('x', '  '), 'plugin x has no description'],
  ['no makeService', dropin('x', 'X.', 'makeService: 5'), 'plugin x has no makeService'],
  [
    'options that are code',
    dropin('x', 'X.', 'options: { port: { coerce: Number } }'),
    'plugin x: option port: coerce is code; options are JSON data, see postOptions',
  ],
  [
    'options that are a promise of nothing good',
    dropin('x', 'X.', `options: Promise.reject(new Error('no tap module'))`),
    'plugin x: no tap module',
  ],
  [
    'options behind a getter that throws',
    dropin('x', 'X.', `get options() { throw new Error('not today') }`),
    'plugin x: not today',
  ],
]

for (const [what, source, reason] of broken) {
  test(`getPlugins reports a plugin with ${what}, and finds the others`, async (t) => {
    const tree = new Tree(t)
    tree.write({
      'project/plugins/a.js': dropin('a'),
      'project/plugins/b.js': `${source}\n${dropin('beside').replace('maker', 'other')}`,
      'project/plugins/c.js': dropin('c'),
    })
    const found = await tree.find()
    const dir = tree.at('project/plugins')
    assert.deepEqual(found.faults, [{ file: join(dir, 'b.js'), dir, reason }])
    assert.deepEqual(tapnames(found), ['a', 'beside', 'c'])
  })
}

test('getPlugins remembers that one process has to run a plugin', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': dropin('a', 'A.', 'workers: false'),
    'project/plugins/b.js': dropin('b', 'B.', 'workers: true'),
    'project/plugins/c.js': dropin('c'),
  })
  for (const found of [await tree.warm(), await tree.find()]) {
    assert.deepEqual(
      found.plugins.map(({ workers }) => workers),
      [false, undefined, undefined],
    )
  }
})

test('getPlugins waits for options that are a promise, as those of a ServiceMaker are', async (t) => {
  const tree = new Tree(t)
  const options = `get options() { return import('../tap.js').then((tap) => tap.options) }`
  tree.write({
    'project/plugins/p.js': dropin('p', 'P.', options),
    'project/tap.js': `export const options = { port: { type: 'number', default: 1 } }`,
  })
  const found = await tree.warm()
  assert.deepEqual(found.plugins[0]?.options, { port: { type: 'number', default: 1 } })
  tree.write({
    'project/tap.js': `export const options = { port: { type: 'number', default: 2 } }`,
  })
  const again = await tree.find()
  assert.deepEqual(again.plugins[0]?.options, { port: { type: 'number', default: 2 } })
})

test("getPlugins takes Twisted's class for options", async (t) => {
  const tree = new Tree(t)
  const options = `options: class { optParameters = [['port', 'p', 10000, 'The port.']]; optFlags = [] }`
  tree.write({ 'project/plugins/p.js': dropin('p', 'P.', options) })
  const { plugins } = await tree.find()
  assert.deepEqual(plugins[0]?.options, {
    port: { type: 'number', alias: 'p', default: 10000, describe: 'The port.' },
  })
})

test('getPlugins takes an export that carries the brand, and complains of what it lacks', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/p.js': `export const x = { [Symbol.for('runnerd.IPlugin')]: 1 }` })
  const { faults } = await tree.find()
  assert.deepEqual(
    faults.map(({ reason }) => reason),
    ['a plugin has no tapname (export x)'],
  )
})

test('getPlugins minds no export that is no plugin', async (t) => {
  const tree = new Tree(t)
  const others = [
    'export const n = null, u = undefined, f = () => {}, o = { tapname: "x" }, s = Symbol("s")',
    'export class C { tapname = "x"; makeService() {} }',
    'export default 5',
  ]
  tree.write({ 'project/plugins/p.js': `${dropin('p')}\n${others.join('\n')}` })
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['p'], []])
})

test('getPlugins reports an export that can not be looked at, and finds the ones beside it', async (t) => {
  const tree = new Tree(t)
  const proxy = `new Proxy({}, { has() { throw new Error('hands off') } })`
  tree.write({ 'project/plugins/p.js': `export const a = ${proxy}\n${dropin('p')}` })
  const found = await tree.find()
  assert.deepEqual(
    [tapnames(found), found.faults.map(({ reason }) => reason)],
    [['p'], ['hands off']],
  )
})

test('getPlugins lists a plugin once that is exported under several names', async (t) => {
  const tree = new Tree(t)
  const maker = `{ tapname: 'p', description: 'P.', makeService() {} }`
  tree.write({
    'project/plugins/a.js': `${dropin('a')}\nexport { maker as again, maker as default }`,
    'project/plugins/b.cjs': `const m = ${maker.replace("'p'", "'b'")}\nexports.one = m\nexports.two = m`,
    'project/plugins/c.cjs': `module.exports = ${maker.replace("'p'", "'c'")}`,
    'project/plugins/d.cjs': `module.exports = { [('x')]: ${maker.replace("'p'", "'d'")} }`,
    'project/plugins/e.js': `export default { x: ${maker.replace("'p'", "'e'")} }`,
  })
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['a', 'b', 'c', 'd', 'e'], []])
  assert.deepEqual(
    found.plugins.map((plugin) => plugin.export),
    ['again', 'one', 'default', 'x', 'x'],
  )
})

test('getPlugins lets nothing through that a terminal acts on', async (t) => {
  const tree = new Tree(t)
  const evil = '\u001b[31mred\u0007\nnext\u202e'
  const options = `options: { a: { describe: ${JSON.stringify(evil)} } }`
  tree.write({
    'project/plugins/a.js': dropin('a', evil, options),
    'project/plugins/b.js': `throw new Error(${JSON.stringify(evil)})`,
    'project/plugins/c.js': dropin(evil),
  })
  const { plugins, faults } = await tree.find()
  assert.equal(plugins[0]?.description, '[31mred next')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  assert.doesNotMatch(plugins[0]!.help, /[\u0000-\u0009\u000b-\u001f\u202e]/)
  assert.deepEqual(
    faults.map(({ reason }) => reason),
    ['[31mred', 'malformed tapname "\\u001b[31mred\\u0007\\nnext" (export maker)'],
  )
})

test('tapnameFault knows every verb of runner, and what a word for a shell looks like', () => {
  for (const verb of RESERVED_TAPNAMES)
    assert.equal(tapnameFault(verb), `tapname ${verb} is a verb of runner`)
  assert.equal(RESERVED_TAPNAMES.size, 14)
  for (const fine of ['web', 'fast-poetry', 'v2.0', 'a_b', '7'])
    assert.equal(tapnameFault(fine), undefined)
  for (const bad of ['-web', '.web', 'a/b', 'a:b', 'é', 'a\n', 5, null, undefined])
    assert.ok(tapnameFault(bad))
})
