import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'node:test'
import { dropin, manifest, Tree, tapnames } from './tree.ts'

test('getPlugins searches in the order of the module path', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'first/p.js': dropin('first'),
    'project/second/p.js': dropin('second'),
    'project/deep/er/plugins/p.js': dropin('cwd'),
    'project/deep/plugins/p.js': dropin('above'),
    'project/plugins/p.js': dropin('root'),
    'node/plugins/p.js': dropin('node-path'),
    'node/carrier/package.json': manifest('carrier'),
    'node/carrier/plugins/p.js': dropin('node-path-package'),
    'project/deep/node_modules/near/package.json': manifest('near'),
    'project/deep/node_modules/near/plugins/p.js': dropin('near'),
    'project/node_modules/far/package.json': manifest('far'),
    'project/node_modules/far/plugins/p.js': dropin('far'),
    'global/node_modules/beside/package.json': manifest('beside'),
    'global/node_modules/beside/plugins/p.js': dropin('beside'),
  })
  const found = await tree.find({
    cwd: tree.at('project/deep/er'),
    pluginPath: [tree.at('first'), '../../second'],
    variables: {
      HOME: tree.at('home'),
      NODE_PATH: ['', tree.at('node'), '/nowhere'].join(delimiter),
    },
    runnerHome: tree.at('global/node_modules/runnerd'),
  })
  assert.deepEqual(tapnames(found), [
    ...['first', 'second', 'cwd', 'above', 'root', 'node-path', 'node-path-package'],
    ...['near', 'far', 'beside'],
  ])
})

test('getPlugins looks for plugins directories no higher than the project root', async (t) => {
  for (const mark of ['.git', 'pnpm-workspace.yaml', 'package.json']) {
    const tree = new Tree(t)
    tree.write({
      'outer/package.json': '{}',
      'outer/plugins/p.js': dropin('outside'),
      'outer/inner/plugins/p.js': dropin('root'),
      'outer/inner/package.json': '{}',
      'outer/inner/a/b/plugins/p.js': dropin('cwd'),
      [`outer/inner/${mark}`]: mark === 'package.json' ? '{"workspaces":["a"]}' : '',
    })
    const found = await tree.find({ cwd: tree.at('outer/inner/a/b') })
    assert.deepEqual(tapnames(found), ['cwd', 'root'], mark)
  }
})

test('getPlugins takes the outermost package.json for the root of a project without a mark', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'home/plugins/p.js': dropin('home'),
    'home/package.json': '{}',
    'home/up/plugins/p.js': dropin('up'),
    'home/up/package.json': '{}',
    'home/up/a/plugins/p.js': dropin('cwd'),
  })
  assert.deepEqual(tapnames(await tree.find({ cwd: tree.at('home/up/a') })), ['cwd', 'up'])
  const more = { cwd: tree.at('home/up/a'), variables: { HOME: `${tree.at('home')}/` } }
  assert.deepEqual(tapnames(await tree.find(more)), ['cwd', 'up'])
  assert.deepEqual(tapnames(await tree.find({ cwd: tree.at('home') })), ['home'])
})

test('getPlugins looks in no directory above one that is in no project', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'bare/plugins/p.js': dropin('above'), 'bare/a/plugins/p.js': dropin('cwd') })
  const cwd = tree.at('bare/a')
  // The tree's own package.json would make it a project.
  assert.deepEqual(tapnames(await tree.find({ cwd, variables: { HOME: tree.at('bare') } })), [
    'cwd',
  ])
})

test('getPlugins finds packages flat, scoped, and linked from outside', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/node_modules/flat/package.json': manifest('flat', undefined, '1.2.3'),
    'project/node_modules/flat/plugins/p.js': dropin('flat'),
    'project/node_modules/@acme/scoped/package.json': manifest('@acme/scoped'),
    'project/node_modules/@acme/scoped/plugins/p.js': dropin('scoped'),
    'project/node_modules/plain/package.json': { name: 'plain' },
    'project/node_modules/.bin/x.js': dropin('bin'),
    'work/linked/package.json': manifest('linked'),
    'work/linked/plugins/p.js': dropin('linked'),
    'work/other/package.json': manifest('@acme/other'),
    'work/other/plugins/p.js': dropin('other'),
  })
  symlinkSync(tree.at('work/linked'), tree.at('project/node_modules/linked'))
  symlinkSync(tree.at('work/other'), tree.at('project/node_modules/@acme/other'))
  for (const found of [await tree.find(), await tree.warm()]) {
    assert.deepEqual(tapnames(found), ['flat', 'linked', 'other', 'scoped'])
    assert.deepEqual(found.plugins[0]?.package, { name: 'flat', version: '1.2.3' })
    assert.equal(found.plugins[2]?.package?.name, '@acme/other')
  }
})

test('getPlugins finds what is installed beside runner, through a link of pnpm too', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'global/node_modules/.pnpm/web@1/node_modules/web/package.json': manifest('web'),
    'global/node_modules/.pnpm/web@1/node_modules/web/plugins/p.js': dropin('web'),
  })
  mkdirSync(tree.at('global/node_modules/.pnpm/runnerd@1/node_modules/runnerd'), {
    recursive: true,
  })
  symlinkSync('.pnpm/web@1/node_modules/web', tree.at('global/node_modules/web'))
  const runnerHome = tree.at('global/node_modules/.pnpm/runnerd@1/node_modules/runnerd')
  assert.deepEqual(tapnames(await tree.find({ runnerHome })), ['web'])
})

test('getPlugins finds what pnpm 10 has installed globally beside runner', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'global/5/.pnpm/web@1/node_modules/web/package.json': manifest('web'),
    'global/5/.pnpm/web@1/node_modules/web/plugins/p.js': dropin('web'),
    'global/5/.pnpm/runnerd@1/node_modules/runnerd/package.json': {},
    'global/5/node_modules/.modules.yaml': '',
  })
  symlinkSync('../.pnpm/web@1/node_modules/web', tree.at('global/5/node_modules/web'))
  const runnerHome = tree.at('global/5/.pnpm/runnerd@1/node_modules/runnerd')
  assert.deepEqual(tapnames(await tree.find({ runnerHome })), ['web'])
})

test('getPlugins finds each current global install of pnpm, when runner is one of them', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'store/links/runnerd/node_modules/runnerd/main.js': '',
    'store/links/web/node_modules/web/package.json': manifest('web'),
    'store/links/web/node_modules/web/plugins/p.js': dropin('web'),
    'global/v11/1-0/node_modules/.modules.yaml': '',
    'global/v11/2-0/node_modules/.modules.yaml': '',
    'global/v11/3-0/node_modules/left-over/package.json': manifest('left-over'),
    'global/v11/3-0/node_modules/left-over/plugins/p.js': dropin('left-over'),
    'bin/other': '',
  })
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
  const link = (target: string, path: string): void => symlinkSync(target, tree.at(path))
  link('1-0', `global/v11/${a}`)
  link('2-0', `global/v11/${b}`)
  link(tree.at('store/links/runnerd/node_modules/runnerd'), 'global/v11/1-0/node_modules/runnerd')
  link(tree.at('store/links/web/node_modules/web'), 'global/v11/2-0/node_modules/web')
  const main = `global/v11/${a}/node_modules/runnerd/main.js`
  link(`../${main}`, 'bin/runner')
  link('runner', 'bin/r')
  link('circle', 'bin/circle')
  const runnerHome = tree.at('store/links/runnerd/node_modules/runnerd')
  for (const startedAs of [main, 'bin/runner', 'bin/r']) {
    const found = await tree.find({ runnerHome, startedAs: tree.at(startedAs) })
    assert.deepEqual(tapnames(found), ['web'], startedAs)
  }
  for (const startedAs of ['bin/other', 'bin/circle', 'bin/none']) {
    const found = await tree.find({ runnerHome, startedAs: tree.at(startedAs) })
    assert.deepEqual(tapnames(found), [], startedAs)
  }
})

test('getPlugins takes nothing from the NODE_PATH of a command that pnpm made', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/node_modules/web/package.json': manifest('web', undefined, '2.0.0'),
    'project/node_modules/web/plugins/p.js': dropin('web'),
    'node_modules/.pnpm/node_modules/web/package.json': manifest('web', undefined, '1.0.0'),
    'node_modules/.pnpm/node_modules/web/plugins/p.js': dropin('web'),
    'node_modules/.pnpm/node_modules/undeclared/package.json': manifest('undeclared'),
    'node_modules/.pnpm/node_modules/undeclared/plugins/p.js': dropin('undeclared'),
  })
  const NODE_PATH = `${tree.at('node_modules/.bin')}/../.pnpm/node_modules`
  const { plugins } = await tree.find({ variables: { HOME: tree.at('home'), NODE_PATH } })
  const found = plugins.map((plugin) => [plugin.tapname, plugin.package?.version])
  assert.deepEqual(found, [['web', '2.0.0']])
})

test('getPlugins finds the plugin package that is worked on, from anywhere inside', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/package.json': manifest('own', './dist/p.js'),
    'project/dist/p.js': dropin('own', 'Built.'),
    'project/plugins/local.js': dropin('local'),
    'project/src/deep/x': '',
    'project/node_modules/x': '',
  })
  for (const cwd of [tree.project, tree.at('project/src/deep')]) {
    assert.deepEqual(tapnames(await tree.find({ cwd })), ['own', 'local'])
    assert.deepEqual(tapnames(await tree.warm({ cwd })), ['own', 'local'])
  }
  const { plugins } = await tree.find()
  assert.deepEqual(plugins[0]?.package, { name: 'own', version: '1.0.0' })
  tree.write({ 'project/dist/p.js': dropin('own', 'Built again.') })
  assert.equal((await tree.find()).plugins[0]?.description, 'Built again.')
  tree.write({ 'project/package.json': '{"type":"module"}' })
  assert.deepEqual(tapnames(await tree.find()), ['local'])
})

test('getPlugins takes a package once that is worked on and linked to', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/package.json': manifest('own'),
    'project/plugins/p.js': dropin('own'),
    'project/node_modules/x': '',
  })
  symlinkSync('..', tree.at('project/node_modules/own'))
  for (const found of [await tree.find(), await tree.warm(), await tree.find()]) {
    assert.deepEqual(
      found.plugins.map(({ tapname, shadowedBy }) => [tapname, shadowedBy]),
      [['own', undefined]],
    )
    assert.equal(found.plugins[0]?.package?.name, 'own')
  }
})
