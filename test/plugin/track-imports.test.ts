import assert from 'node:assert/strict'
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import type { Discovery } from '@runnerd/plugin'
import '../helpers/own-cache.ts'
import { canary, pastTick, Tree, tapnames } from './tree.ts'

const told = (tapname: string, description = 'text') =>
  `{ tapname: '${tapname}', description: ${description}, makeService() {} }`
const says = (text: string) => `export const text = '${text}'\n`
const exportsText = (text: string) => `exports.text = '${text}'\n`

function descriptions({ plugins, faults }: Discovery): Record<string, string> {
  assert.deepEqual(faults, [])
  return Object.fromEntries(plugins.map(({ tapname, description }) => [tapname, description]))
}

/** Dropins that each reach `text` of `src/…` in their own way. */
const ways: Record<string, { dropin: string; source: string; esm: boolean }> = {
  'a.js': {
    dropin: `import { text } from '../src/a.js'\nexport const m = ${told('x')}`,
    source: 'src/a.js',
    esm: true,
  },
  'b.cjs': {
    dropin: `const { text } = require('../src/b.cjs')\nexports.m = ${told('x')}`,
    source: 'src/b.cjs',
    esm: false,
  },
  'c.cjs': {
    dropin: `const { text } = require('../src/c')\nexports.m = ${told('x')}`,
    source: 'src/c/index.js',
    esm: true,
  },
  'd.ts': {
    dropin: `import { text } from '../src/d.ts'\nexport const m = ${told('x')} as const`,
    source: 'src/d.ts',
    esm: true,
  },
  'e.ts': {
    dropin: `import { text } from '../src/e.js'\nexport const m = ${told('x')} as const`,
    source: 'src/e.ts',
    esm: true,
  },
  'f.ts': {
    dropin: `import { text } from '../src/f.mjs'\nexport const m = ${told('x')} as const`,
    source: 'src/f.mjs',
    esm: true,
  },
  'g.ts': {
    dropin: `import { text } from '../src/g.cjs'\nexport const m = ${told('x')} as const`,
    source: 'src/g.cjs',
    esm: false,
  },
  'h.mjs': {
    dropin: `import { createRequire } from 'node:module'\nconst { text } = createRequire(import.meta.url)('../src/h.json')\nexport const m = ${told('x')}`,
    source: 'src/h.json',
    esm: false,
  },
  'i.js': {
    dropin: `const { text } = await import('../src/i.js')\nexport const m = ${told('x')}`,
    source: 'src/i.js',
    esm: true,
  },
  'j.js': {
    dropin: `import { text } from 'file://ROOT/project/src/j.js'\nexport const m = ${told('x')}`,
    source: 'src/j.js',
    esm: true,
  },
}

for (const [name, { dropin, source, esm }] of Object.entries(ways)) {
  test(`getPlugins notices a change in what ${name} imports as ${source}`, async (t) => {
    const tree = new Tree(t)
    const write = (text: string): void => {
      const json = source.endsWith('.json')
      tree.write({
        [`project/${source}`]: json ? `{"text":"${text}"}` : (esm ? says : exportsText)(text),
      })
    }
    write('one')
    tree.write({ [`project/plugins/${name}`]: dropin.replace('ROOT', tree.root) })
    assert.deepEqual(descriptions(await tree.warm()), { x: 'one' })
    write('two')
    assert.deepEqual(descriptions(await tree.find()), { x: 'two' })
    assert.deepEqual(descriptions(await tree.warm()), { x: 'two' })
  })
}

test('getPlugins notices a change in what several dropins import, at any depth, for each', async (t) => {
  const tree = new Tree(t)
  const esm = (tapname: string) =>
    `import { text } from '../src/mid.js'\nexport const m = ${told(tapname)}`
  const cjs = (tapname: string) =>
    `const { text } = require('../src/mid.cjs')\nexports.m = ${told(tapname)}`
  tree.write({
    'project/src/deep.cjs': exportsText('one'),
    'project/src/mid.cjs': `require('./side.cjs')\nmodule.exports = require('./deep.cjs')`,
    'project/src/side.cjs': `require('./deep.cjs')`,
    'project/src/mid.js': `export { text } from './mid.cjs'`,
    'project/src/mid.ts.ts': `export * from './mid.js'`,
    'project/plugins/a.js': esm('a'),
    'project/plugins/b.js': esm('b'),
    'project/plugins/c.cjs': cjs('c'),
    'project/plugins/d.cjs': cjs('d'),
    'project/plugins/e.ts': esm('e').replace('mid.js', 'mid.ts.ts'),
    'project/plugins/f.ts': esm('f').replace('mid.js', 'mid.ts.ts'),
  })
  const all = (text: string) => Object.fromEntries([...'abcdef'].map((name) => [name, text]))
  assert.deepEqual(descriptions(await tree.warm()), all('one'))
  tree.write({ 'project/src/deep.cjs': exportsText('two') })
  assert.deepEqual(descriptions(await tree.warm()), all('two'))
  rmSync(tree.at('project/src/mid.ts.ts'))
  tree.write({ 'project/src/mid.ts.ts': says('three') })
  assert.deepEqual(descriptions(await tree.find()), { ...all('two'), e: 'three', f: 'three' })
})

test('getPlugins notices a change in what two modules of one directory require', async (t) => {
  const tree = new Tree(t)
  const both = `import '../src/x.cjs'\nimport { text } from '../src/y.cjs'\nexport const m = ${told('a')}`
  tree.write({
    'project/src/deep.cjs': exportsText('one'),
    'project/src/x.cjs': `require('./deep.cjs')`,
    'project/src/y.cjs': `exports.text = require('./deep.cjs').text`,
    'project/plugins/a.js': both,
    'project/plugins/b.js': `import { text } from '../src/y.cjs'\nexport const m = ${told('b')}`,
  })
  assert.deepEqual(descriptions(await tree.warm()), { a: 'one', b: 'one' })
  tree.write({ 'project/src/deep.cjs': exportsText('two') })
  assert.deepEqual(descriptions(await tree.find()), { a: 'two', b: 'two' })
})

test('getPlugins reads anew no dropin beside one whose import changed', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/src/own.js': says('one'),
    'project/plugins/a.js': canary(tree, 'a'),
    'project/plugins/b.js': `${canary(tree, 'b').replace('"The b service."', 'text')}import { text } from '../src/own.js'`,
    'project/plugins/c.js': canary(tree, 'c'),
  })
  await tree.warm()
  writeFileSync(tree.canaries, '')
  tree.write({ 'project/src/own.js': says('two') })
  assert.equal(descriptions(await tree.find()).b, 'two')
  assert.equal(readFileSync(tree.canaries, 'utf8'), 'b ')
})

const later: [string, string, string, string][] = [
  [
    'import',
    'a.js',
    `import { text } from '../src/x.js'\nexport const m = ${told('x')}`,
    'src/x.js',
  ],
  [
    'require',
    'a.cjs',
    `const { text } = require('../src/x.cjs')\nexports.m = ${told('x')}`,
    'src/x.cjs',
  ],
  [
    'require of a folder',
    'a.cjs',
    `const { text } = require('../src')\nexports.m = ${told('x')}`,
    'src/index.js',
  ],
  [
    'import in TypeScript',
    'a.ts',
    `import { text } from '../src/x.ts'\nexport const m = ${told('x')} as const`,
    'src/x.ts',
  ],
  [
    'import of .js in TypeScript',
    'a.ts',
    `import { text } from '../src/x.js'\nexport const m = ${told('x')} as const`,
    'src/x.ts',
  ],
  [
    'import of a package',
    'a.js',
    `import { text } from 'dep'\nexport const m = ${told('x')}`,
    'node_modules/dep/index.js',
  ],
  [
    'require of a package',
    'a.cjs',
    `const { text } = require('@s/dep')\nexports.m = ${told('x')}`,
    'node_modules/@s/dep/index.js',
  ],
  [
    'import of a package in TypeScript',
    'a.ts',
    `import { text } from 'dep'\nexport const m = ${told('x')} as const`,
    'node_modules/dep/index.js',
  ],
]

for (const [what, name, source, missing] of later) {
  test(`getPlugins notices that what an ${what} missed is there`, async (t) => {
    const tree = new Tree(t)
    tree.write({ [`project/plugins/${name}`]: source })
    assert.equal((await tree.warm()).faults.length, 1)
    const packed = /node_modules\/(.*)\/index/.exec(missing)?.[1]
    if (packed) {
      const packageJson = { name: packed, type: 'module', exports: './index.js' }
      tree.write({ [`project/node_modules/${packed}/package.json`]: packageJson })
    }
    tree.write({
      [`project/${missing}`]: missing.endsWith('.cjs') ? exportsText('here') : says('here'),
    })
    assert.deepEqual(descriptions(await tree.find()), { x: 'here' })
  })
}

test('getPlugins notices that an optional module has come', async (t) => {
  const tree = new Tree(t)
  const source = `let text = 'without'\ntry { ({ text } = await import('../src/x.js')) } catch {}`
  tree.write({ 'project/plugins/a.js': `${source}\nexport const m = ${told('x')}` })
  assert.deepEqual(descriptions(await tree.warm()), { x: 'without' })
  tree.write({ 'project/src/x.js': says('with') })
  assert.deepEqual(descriptions(await tree.find()), { x: 'with' })
})

test('getPlugins notices that a package which a dropin imports was upgraded', async (t) => {
  const tree = new Tree(t)
  const version = (dir: string, text: string, at: string): void => {
    tree.write({
      [`${dir}/package.json`]: { name: 'dep', version: at, type: 'module', exports: './index.js' },
    })
    tree.write({ [`${dir}/index.js`]: says(text) })
  }
  version('project/node_modules/dep', 'one', '1.0.0')
  tree.write({
    'project/plugins/a.js': `import { text } from 'dep'\nexport const m = ${told('x')}`,
  })
  assert.deepEqual(descriptions(await tree.warm()), { x: 'one' })
  version('project/node_modules/.dep-new', 'two', '1.0.1')
  renameSync(tree.at('project/node_modules/dep'), tree.at('project/node_modules/.dep-old'))
  renameSync(tree.at('project/node_modules/.dep-new'), tree.at('project/node_modules/dep'))
  assert.deepEqual(descriptions(await tree.warm()), { x: 'two' })
  for (const at of ['1', '2']) {
    version(`project/node_modules/.pnpm/dep@${at}/node_modules/dep`, `pnpm ${at}`, at)
  }
  rmSync(tree.at('project/node_modules/dep'), { recursive: true })
  symlinkSync('.pnpm/dep@1/node_modules/dep', tree.at('project/node_modules/dep'))
  assert.deepEqual(descriptions(await tree.warm()), { x: 'pnpm 1' })
  unlinkSync(tree.at('project/node_modules/dep'))
  symlinkSync('.pnpm/dep@2/node_modules/dep', tree.at('project/node_modules/dep'))
  assert.deepEqual(descriptions(await tree.warm()), { x: 'pnpm 2' })
})

test('getPlugins notices an edit inside an installed plugin package', async (t) => {
  const tree = new Tree(t)
  const pack = 'project/node_modules/@acme/pack'
  tree.write({
    [`${pack}/package.json`]: { name: '@acme/pack', type: 'module', runner: {} },
    [`${pack}/plugins/p.js`]: `import { text } from '../dist/impl.js'\nexport const m = ${told('x')}`,
    [`${pack}/dist/impl.js`]: says('one'),
  })
  assert.deepEqual(descriptions(await tree.warm()), { x: 'one' })
  tree.write({ [`${pack}/dist/impl.js`]: says('two') })
  assert.deepEqual(descriptions(await tree.find()), { x: 'two' })
})

test("getPlugins remembers nothing of runner's own files, nor of a door's", async (t) => {
  const tree = new Tree(t)
  tree.write({
    'door.js': `export { defineServiceMaker } from './door-inside.js'`,
    'door-inside.js': 'export const defineServiceMaker = (maker) => maker',
    'project/plugins/a.js': `import { defineServiceMaker } from 'runnerd'\nexport const m = defineServiceMaker(${told('a', '"A."')})`,
    'project/plugins/b.ts': `import { defineServiceMaker } from 'runnerd'\nexport const m = defineServiceMaker(${told('b', '"B."')})`,
  })
  assert.deepEqual(tapnames(await tree.warm()), ['a', 'b'])
  const { all } = JSON.parse(readFileSync(tree.at('project/plugins/dropin.cache'), 'utf8'))
  assert.deepEqual(all.map(([path]: [string]) => path.replace(tree.project, '')).sort(), [
    '/package.json',
    'a.js',
    'b.ts',
    'package.json',
  ])
})

test('getPlugins notices a change in what two TypeScript dropins of one package import, for each', async (t) => {
  const tree = new Tree(t)
  const pack = 'project/node_modules/pack'
  const source = (tapname: string): string =>
    `import { text } from './lib.ts'\nexport const m = ${told(tapname)} as const`
  const plugins = ['./a.ts', './b.ts']
  tree.write({
    [`${pack}/package.json`]: { name: 'pack', type: 'module', runner: { plugins } },
    [`${pack}/a.ts`]: source('a'),
    [`${pack}/b.ts`]: source('b'),
    [`${pack}/lib.ts`]: says('one'),
  })
  assert.deepEqual(descriptions(await tree.warm()), { a: 'one', b: 'one' })
  tree.write({ [`${pack}/lib.ts`]: says('two') })
  assert.deepEqual(descriptions(await tree.find()), { a: 'two', b: 'two' })
})

test('getPlugins finds what an ES module imports of CommonJS that another dropin required', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/l.cjs': exportsText('l'),
    'project/m.cjs': `module.exports = require('./l.cjs')`,
    'project/plugins/x.cjs': `const { text } = require('../m.cjs')\nexports.m = ${told('x')}`,
    'project/plugins/z.mjs': `import m from '../m.cjs'\nexport const z = ${told('z', 'm.text')}`,
  })
  assert.deepEqual(descriptions(await tree.find()), { x: 'l', z: 'l' })
})

test('getPlugins reads only the dropin that changed, whatever was read before it', async (t) => {
  const tree = new Tree(t)
  const names = [...'abcdef']
  for (const name of names) tree.write({ [`project/plugins/${name}.js`]: canary(tree, name) })
  for (const name of ['p', 'q']) {
    const typed = `${canary(tree, name)}export const typed: string = ''\n`
    tree.write({ [`project/plugins/${name}.ts`]: typed })
  }
  await tree.warm()
  for (const name of ['a.js', 'f.js', 'c.js', 'p.ts']) {
    writeFileSync(tree.canaries, '')
    const path = tree.at(`project/plugins/${name}`)
    writeFileSync(path, `${readFileSync(path, 'utf8')}// More.\n`)
    await tree.warm()
    const read = new Set(readFileSync(tree.canaries, 'utf8').trim().split(' '))
    assert.deepEqual([...read], [name[0]])
  }
})

test('getPlugins notices that a TypeScript file comes before the directory that was imported', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.ts': `import { text } from '../lib'\nexport const m = ${told('x')} as const`,
    'project/lib/index.ts': says('index'),
  })
  assert.deepEqual(descriptions(await tree.warm()), { x: 'index' })
  tree.write({ 'project/lib.ts': says('file') })
  assert.deepEqual(descriptions(await tree.find()), { x: 'file' })
})

test('getPlugins notices that the type, the exports or the link of a package changed', async (t) => {
  const tree = new Tree(t)
  const manifest = (name: string, main: string): object => {
    return { name, type: 'module', exports: { '.': main, './c': main } }
  }
  tree.write({
    'project/package.json': manifest('p', './one.js'),
    'project/one.js': says('one'),
    'project/two.js': says('two'),
    'project/plugins/a.js': `import { text } from 'p/c'\nexport const m = ${told('self')}`,
    'project/plugins/b.js': `import { text } from 'dep'\nexport const m = ${told('linked')}`,
    'project/plugins/c.js': `export const m = ${told('typed', "typeof require === 'function' ? 'commonjs' : 'module'")}`,
  })
  for (const at of ['ca', 'cb']) {
    tree.write({ [`project/${at}/package.json`]: manifest('dep', './i.js') })
    tree.write({ [`project/${at}/i.js`]: says(`${at} i`), [`project/${at}/j.js`]: says(`${at} j`) })
  }
  mkdirSync(tree.at('project/node_modules'))
  symlinkSync('../ca', tree.at('project/node_modules/dep'))
  const typed = 'module'
  assert.deepEqual(descriptions(await tree.warm()), { self: 'one', linked: 'ca i', typed })
  tree.write({ 'project/package.json': manifest('p', './two.js') })
  tree.write({ 'project/ca/package.json': manifest('dep', './j.js') })
  assert.deepEqual(descriptions(await tree.warm()), { self: 'two', linked: 'ca j', typed })
  unlinkSync(tree.at('project/node_modules/dep'))
  symlinkSync('../cb', tree.at('project/node_modules/dep'))
  assert.deepEqual(descriptions(await tree.warm()), { self: 'two', linked: 'cb i', typed })
  tree.write({ 'project/plugins/c.js': `exports.m = ${told('typed', "'commonjs'")}` })
  assert.equal((await tree.warm()).faults.length, 1)
  tree.write({ 'project/plugins/package.json': { type: 'commonjs' } })
  const { plugins } = await tree.find()
  assert.equal(plugins.find(({ tapname }) => tapname === 'typed')?.description, 'commonjs')
})

test('getPlugins notices that what a package lacked has come', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': `import { text } from 'dep/s.js'\nexport const m = ${told('x')}`,
    'project/node_modules/dep/package.json': { name: 'dep', type: 'module' },
  })
  assert.equal((await tree.warm()).faults.length, 1)
  tree.write({ 'project/node_modules/dep/s.js': says('here') })
  assert.deepEqual(descriptions(await tree.find()), { x: 'here' })
})

test('getPlugins remembers nothing of what was elsewhere only while it looked', async (t) => {
  const tree = new Tree(t)
  const moves = (name: string, from: string, to: string): string =>
    `import { renameSync } from 'node:fs'
    renameSync('${tree.at(from)}', '${tree.at(to)}')
    export const m = ${told(name, `'${name}'`)}`
  const modules = 'project/node_modules'
  const sources = {
    a: moves('a', `${modules}/b`, 'aside'),
    b: `export const m = ${told('b', "'b'")}`,
    c: moves('c', 'aside', `${modules}/b`),
  }
  for (const [name, source] of Object.entries(sources)) {
    tree.write({
      [`${modules}/${name}/package.json`]: { name, type: 'module', runner: { plugins: './i.js' } },
      [`${modules}/${name}/i.js`]: source,
    })
  }
  await pastTick()
  const first = await tree.find()
  assert.deepEqual(first.faults, [])
  assert.deepEqual(tapnames(first), ['a', 'c'])
  // They move nothing any more.
  for (const name of ['a', 'c']) {
    tree.write({ [`${modules}/${name}/i.js`]: `export const m = ${told(name, `'${name}'`)}` })
  }
  assert.deepEqual(descriptions(await tree.find()), { a: 'a', b: 'b', c: 'c' })
})
