import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { linkSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findPlugin } from '@runnerd/plugin'
import '../helpers/own-cache.ts'
import { canary, dropin, inode, manifest, pastTick, Tree, tapnames } from './tree.ts'

test('getPlugins finds the single-file dropins of a plugins directory', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': dropin('a'),
    'project/plugins/b.mjs': dropin('b'),
    'project/plugins/c.cjs': `exports.maker = { tapname: 'c', description: 'C.', makeService() {} }`,
    'project/plugins/d.ts': `const tapname: string = 'd'\n${dropin('x').replace('"x"', 'tapname')}`,
    'project/plugins/e.mts': dropin('e'),
    'project/plugins/f.d.ts': 'export {}',
    'project/plugins/.hidden.js': dropin('hidden'),
    'project/plugins/notes.txt': 'no dropin',
    'project/plugins/map.js.map': '{}',
    'project/plugins/node_modules/g.js': dropin('g'),
  })
  const found = await tree.find()
  assert.deepEqual(found.faults, [])
  assert.deepEqual(tapnames(found), ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual((await tree.warm()).plugins, found.plugins)
})

test('getPlugins says all that listing and help need', async (t) => {
  const tree = new Tree(t)
  const options = `options: { port: { alias: 'p', type: 'number', default: 7000 } },`
  tree.write({ 'project/plugins/web.js': dropin('web', 'Serves  a\n web.', options) })
  const { plugins } = await tree.find()
  const { help, ...more } = plugins[0]!
  assert.deepEqual(more, {
    tapname: 'web',
    description: 'Serves a web.',
    export: 'maker',
    options: { port: { alias: 'p', type: 'number', default: 7000 } },
    file: tree.at('project/plugins/web.js'),
    dir: tree.at('project/plugins'),
  })
  assert.match(
    help,
    /^Usage: runner \[options\] web \[options\]\n\nServes a web\.\n[\s\S]*--port .*7000/,
  )
})

test('getPlugins finds nothing where there is nothing', async (t) => {
  const { places, ...found } = await new Tree(t).find()
  assert.deepEqual(found, { plugins: [], endpointTypes: [], faults: [], incompatible: [] })
  assert.deepEqual([...new Set(places.map(({ state }) => state))], ['missing'])
})

test('getPlugins lists the second plugin of a tapname with the file that shadows it', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': dropin('same'),
    'project/plugins/b.js': dropin('same') + dropin('other').replace('maker', 'other'),
  })
  for (const { plugins } of [await tree.find(), await tree.warm()]) {
    assert.deepEqual(
      plugins.map(({ tapname, file, shadowedBy }) => [tapname, file, shadowedBy]),
      [
        ['same', tree.at('project/plugins/a.js'), undefined],
        ['same', tree.at('project/plugins/b.js'), tree.at('project/plugins/a.js')],
        ['other', tree.at('project/plugins/b.js'), undefined],
      ],
    )
  }
})

test('getPlugins takes one file that is reached by two paths for one dropin', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/web/package.json': manifest('web-plugin'),
    'project/plugins/web/plugins/web.js': dropin('web'),
    'project/node_modules/x': '',
  })
  symlinkSync(tree.at('project/plugins/web'), tree.at('project/node_modules/web-plugin'))
  symlinkSync('plugins', tree.at('project/again'))
  const more = { pluginPath: ['again'] }
  for (const { plugins } of [await tree.find(more), await tree.warm(more), await tree.find(more)]) {
    assert.deepEqual(
      plugins.map(({ file, shadowedBy }) => [file, shadowedBy]),
      [[tree.at('project/again/web/plugins/web.js'), undefined]],
    )
  }
})

test('getPlugins takes two names of one inode for two dropins, as pnpm makes them', async (t) => {
  const tree = new Tree(t)
  const reexport = `export * from '../impl.js'\n`
  for (const name of ['one', 'two']) {
    tree.write({
      [`project/node_modules/${name}/package.json`]: manifest(name),
      [`project/node_modules/${name}/impl.js`]: dropin(name),
      [`project/node_modules/${name}/plugins/x`]: '',
    })
  }
  const [one, two] = ['one', 'two'].map((name) =>
    tree.at(`project/node_modules/${name}/plugins/p.js`),
  )
  writeFileSync(one!, reexport)
  linkSync(one!, two!)
  assert.equal(inode(one!), inode(two!))
  assert.deepEqual(tapnames(await tree.find()), ['one', 'two'])
  assert.deepEqual(tapnames(await tree.warm()), ['one', 'two'])
})

test('findPlugin finds a tapname, and package:tapname among several', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/poetry.js': dropin('poetry', 'Local.'),
    'project/node_modules/@acme/verse/package.json': manifest('@acme/verse'),
    'project/node_modules/@acme/verse/plugins/p.js': dropin('poetry', 'Acme.'),
  })
  const found = await tree.find()
  assert.equal(findPlugin(found, 'poetry')?.description, 'Local.')
  assert.equal(findPlugin(found, '@acme/verse:poetry')?.description, 'Acme.')
  assert.equal(findPlugin(found, 'verse:poetry'), undefined)
  assert.equal(findPlugin(found, 'poet'), undefined)
})

test('getPlugins imports each dropin once when cold, and none when warm', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': canary(tree, 'a'),
    'project/plugins/broken.js': `${canary(tree, 'b')}\nthrow new Error('broken')`,
    'project/node_modules/pack/package.json': manifest('pack', './*.js'),
    'project/node_modules/pack/c.js': canary(tree, 'c'),
  })
  await pastTick()
  const cold = await tree.find()
  assert.equal(readFileSync(tree.canaries, 'utf8'), 'a b c ')
  await tree.warm()
  const before = readFileSync(tree.canaries, 'utf8')
  assert.deepEqual(await tree.find(), cold)
  assert.deepEqual(await tree.find(), cold)
  assert.equal(readFileSync(tree.canaries, 'utf8'), before)
})

test('getPlugins loads neither child processes nor a library when warm', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': dropin('a'),
    'project/plugins/b.ts': dropin('b'),
    'project/node_modules/pack/package.json': manifest('pack', './*.js'),
    'project/node_modules/pack/c.js': dropin('c'),
  })
  await tree.warm()
  const program = fileURLToPath(new URL('./programs/list-loaded.js', import.meta.url))
  const search = JSON.stringify(tree.search())
  const { stdout } = await promisify(execFile)(process.execPath, [program, search])
  const { tapnames, loaded } = JSON.parse(stdout) as { tapnames: string[]; loaded: string[] }
  assert.deepEqual(tapnames, ['a', 'b', 'c'])
  assert.ok(loaded.some((url) => url.endsWith('/get-plugins.js')))
  const heavy =
    /child_process|globby|yargs|jiti|winston|read-dropins|describe-dropin|project\/plugins/
  assert.deepEqual(
    loaded.filter((url) => heavy.test(url)),
    [],
  )
})

test('getPlugins reads anew only what changed', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': canary(tree, 'a'),
    'project/plugins/b.js': canary(tree, 'b'),
  })
  await tree.warm()
  writeFileSync(tree.canaries, '')
  tree.write({ 'project/plugins/b.js': canary(tree, 'new') })
  await pastTick()
  assert.deepEqual(tapnames(await tree.find()), ['a', 'new'])
  assert.equal(readFileSync(tree.canaries, 'utf8'), 'new ')
})

test('getPlugins remembers a failure, and notices when it is mended', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': `${canary(tree, 'a')}\nthrow new Error('broken')` })
  const { faults } = await tree.warm()
  assert.deepEqual(
    faults.map(({ file, reason }) => [file, reason]),
    [[tree.at('project/plugins/a.js'), 'broken']],
  )
  writeFileSync(tree.canaries, '')
  assert.deepEqual((await tree.find()).faults, faults)
  assert.equal(readFileSync(tree.canaries, 'utf8'), '')
  tree.write({ 'project/plugins/a.js': canary(tree, 'a') })
  assert.deepEqual(await tree.find().then(({ faults, plugins }) => [faults, plugins.length]), [
    [],
    1,
  ])
})

test('getPlugins gives the same order warm as cold, whatever the names', async (t) => {
  const tree = new Tree(t)
  for (const name of ['10', '9', 'constructor', '__proto__', 'toString', 'a', '@s/1']) {
    tree.write({
      [`project/node_modules/${name}/package.json`]: manifest(name),
      [`project/node_modules/${name}/plugins/p.js`]: dropin('same', name),
    })
  }
  const cold = await tree.find()
  assert.deepEqual(
    cold.plugins.map(({ description }) => description),
    ['10', '9', '__proto__', 'a', 'constructor', 'toString', '@s/1'],
  )
  assert.deepEqual(await tree.warm(), cold)
  assert.deepEqual(await tree.find(), cold)
})

test('getPlugins takes file names with any characters', async (t) => {
  const tree = new Tree(t)
  const names = [
    'with space',
    'ünïcode',
    'per%20cent',
    'hash#tag',
    'ques?tion',
    "quo'te",
    'new\nline',
  ]
  for (const [at, name] of names.entries()) {
    tree.write({ [`project/plugins/${name}.js`]: dropin(`p${at}`) })
  }
  const { plugins, faults } = await tree.find()
  assert.deepEqual(faults, [])
  assert.equal(plugins.length, names.length)
})

test('getPlugins walks around links that lead nowhere, until they do', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/ok.js': dropin('ok'), 'project/node_modules/x': '' })
  symlinkSync('loop.js', tree.at('project/plugins/loop.js'))
  symlinkSync('../nowhere.js', tree.at('project/plugins/later.js'))
  symlinkSync(tree.at('elsewhere'), tree.at('project/node_modules/linked'))
  assert.deepEqual(tapnames(await tree.find()), ['ok'])
  assert.deepEqual(tapnames(await tree.warm()), ['ok'])
  tree.write({
    'project/nowhere.js': dropin('later'),
    'elsewhere/package.json': manifest('linked'),
    'elsewhere/plugins/p.js': dropin('linked'),
  })
  assert.deepEqual(tapnames(await tree.find()), ['later', 'ok', 'linked'])
  renameSync(tree.at('elsewhere'), tree.at('gone'))
  assert.deepEqual(tapnames(await tree.find()), ['later', 'ok'])
})
