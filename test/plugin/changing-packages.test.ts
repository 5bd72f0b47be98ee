import assert from 'node:assert/strict'
import fs, { renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import { dropin, manifest, Tree, tapnames } from './tree.ts'

const PACK = 'project/node_modules/pack'
const PLUGINS = 'project/plugins'

/** Has something done once, just after a search has opened a path, or tried to. */
function onceOpened(t: TestContext, path: string, change: () => void): void {
  const open = fs.openSync
  mock(t, 'openSync', (...args: Parameters<typeof open>) => {
    try {
      return open(...args)
    } finally {
      if (args[0] === path) changeOnce(t, change)
    }
  })
}

/** The same, just before it looks at a path, or lists what is in it. */
function onceAsked(
  t: TestContext,
  how: 'statSync' | 'readdirSync',
  path: string,
  change: () => void,
): void {
  const ask: (...args: never[]) => unknown = fs[how]
  mock(t, how, (...args: never[]) => {
    if (args[0] === path) changeOnce(t, change)
    return ask(...args)
  })
}

function mock(
  t: TestContext,
  name: 'openSync' | 'statSync' | 'readdirSync',
  fn: (...args: never[]) => unknown,
): void {
  t.mock.method(fs, name, fn as never)
  syncBuiltinESMExports()
}

function changeOnce(t: TestContext, change: () => void): void {
  t.mock.restoreAll()
  syncBuiltinESMExports()
  change()
}

/** What a search finds, each plugin by what it says of itself. */
async function found(tree: Tree, how: 'find' | 'warm' = 'find'): Promise<unknown[]> {
  const { plugins, faults } = await tree[how]()
  return [plugins.map(({ description }) => description), faults]
}

for (const how of ['statSync', 'readdirSync'] as const) {
  test(`a link to a package that is renamed before the ${how} of its folder is no broken package`, async (t) => {
    const tree = new Tree(t)
    for (const version of ['First.', 'Second.']) {
      tree.write({
        [`store/${version}/package.json`]: manifest('pack'),
        [`store/${version}/plugins/p.js`]: dropin('p', version),
      })
    }
    tree.write({ 'project/node_modules/x': '' })
    symlinkSync('../../store/First.', tree.at(PACK))
    symlinkSync('../../store/Second.', tree.at(`${PACK}.new`))
    onceAsked(t, how, tree.at(`${PACK}.new/plugins`), () =>
      renameSync(tree.at(`${PACK}.new`), tree.at(PACK)),
    )
    assert.deepEqual(await found(tree), [['Second.'], []])
    assert.deepEqual(await found(tree, 'warm'), [['Second.'], []])
  })
}

test('a package that is removed while it is read is none', async (t) => {
  for (const plugins of [undefined, './plugins/*.js', './plugins/p.js']) {
    const tree = new Tree(t)
    tree.write({
      [`${PACK}/package.json`]: manifest('pack', plugins),
      [`${PACK}/plugins/p.js`]: dropin('p'),
    })
    onceOpened(t, tree.at(`${PACK}/package.json`), () => rmSync(tree.at(PACK), { recursive: true }))
    assert.deepEqual(await found(tree), [[], []])
    assert.deepEqual(await found(tree, 'warm'), [[], []])
  }
})

test('a package whose dropins go before its package.json is none when all of it went', async (t) => {
  const tree = new Tree(t)
  const pack = JSON.stringify(tree.at(PACK))
  tree.write({
    [`${PACK}/package.json`]: manifest('pack', './plugins/*.js'),
    [`${PLUGINS}/a.js`]: `import { rmSync } from 'node:fs'
      rmSync(${pack}, { recursive: true, force: true })
      ${dropin('a')}`,
  })
  assert.deepEqual(await found(tree), [['The a service.'], []])
})

test('a package that another one replaces while it is read is read as that one', async (t) => {
  const tree = new Tree(t)
  tree.write({
    [`${PACK}/package.json`]: manifest('pack'),
    [`${PACK}/plugins/p.js`]: dropin('p', 'First.'),
    'store/package.json': manifest('pack', './dist/*.js'),
    'store/dist/q.js': dropin('p', 'Second.'),
  })
  onceOpened(t, tree.at(`${PACK}/package.json`), () => {
    rmSync(tree.at(PACK), { recursive: true })
    symlinkSync('../../store', tree.at(PACK))
  })
  assert.deepEqual(await found(tree), [['Second.'], []])
  assert.deepEqual(await found(tree, 'warm'), [['Second.'], []])
})

test('a package that another one replaces while the cache is compared with it is read as that one', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/node_modules/changed/package.json': manifest('changed'),
    'project/node_modules/changed/plugins/c.js': dropin('c'),
    [`${PACK}/package.json`]: manifest('pack'),
    [`${PACK}/plugins/p.js`]: dropin('p', 'First.'),
    'store/1/package.json': manifest('pack', './dist/*.js'),
    'store/1/dist/q.js': dropin('p', 'Second.'),
  })
  await tree.warm()
  tree.write({ 'project/node_modules/changed/plugins/c.js': dropin('c', 'Changed.') })
  onceAsked(t, 'statSync', tree.at(`${PACK}/plugins/p.js`), () => {
    renameSync(tree.at(PACK), tree.at('store/0'))
    renameSync(tree.at('store/1'), tree.at(PACK))
  })
  assert.deepEqual(await found(tree), [['Changed.', 'Second.'], []])
  assert.deepEqual(await found(tree, 'warm'), [['Changed.', 'Second.'], []])
})

test('a package.json that was half written when it was read is read once more', async (t) => {
  const tree = new Tree(t)
  tree.write({
    [`${PACK}/package.json`]: '{ "runner": {',
    [`${PACK}/new.json`]: manifest('pack'),
    [`${PACK}/plugins/p.js`]: dropin('p'),
  })
  onceOpened(t, tree.at(`${PACK}/package.json`), () =>
    renameSync(tree.at(`${PACK}/new.json`), tree.at(`${PACK}/package.json`)),
  )
  assert.deepEqual(await found(tree), [['The p service.'], []])
})

test('a link to no dropin that goes, or is replaced, while it is looked at is no fault', async (t) => {
  const ways = [
    { change: unlinkSync, later: [] },
    { change: replace, later: ['a'] },
  ]
  function replace(link: string): void {
    symlinkSync('../a.js', `${link}.new`)
    renameSync(`${link}.new`, link)
  }
  for (const { change, later } of ways) {
    const tree = new Tree(t)
    tree.write({ 'project/a.js': dropin('a'), [`${PLUGINS}/b.txt`]: '' })
    const link = tree.at(`${PLUGINS}/a.js`)
    symlinkSync('../gone.js', link)
    onceOpened(t, `${link}/package.json`, () => change(link))
    assert.deepEqual((await tree.find()).faults, [])
    const next = await tree.find()
    assert.deepEqual([tapnames(next), next.faults], [later, []])
  }
})
