import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Discovery } from '@runnerd/plugin'
import { canary, dropin, manifest, Tree, tapnames } from './tree.ts'

const isRoot = process.geteuid?.() === 0
const needsRoot = { skip: !isRoot && 'needs root' }
const program = fileURLToPath(new URL('./programs/find-plugins.js', import.meta.url))
const SOMEBODY = 12345
const NOBODY = 65534

function reasons({ faults }: Discovery): [string, string][] {
  return faults.map(({ file, reason }) => [file, reason])
}

function wasRead(tree: Tree): boolean {
  return readFileSync(tree.canaries, 'utf8') !== ''
}

test('a plugins directory that everybody may write to is not used, till that is mended', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': canary(tree, 'a') })
  const dir = tree.at('project/plugins')
  for (const mode of [0o777, 0o1777, 0o757]) {
    chmodSync(dir, mode)
    const found = await tree.warm()
    assert.deepEqual(tapnames(found), [])
    assert.deepEqual(reasons(found), [[dir, 'not used: everybody may write to it']])
    assert.ok(!wasRead(tree) && !existsSync(tree.at('project/plugins/dropin.cache')))
  }
  chmodSync(dir, 0o775)
  assert.deepEqual(tapnames(await tree.find()), ['a'])
  await tree.warm()
  chmodSync(dir, 0o777)
  assert.deepEqual(tapnames(await tree.find()), [], 'whatever the cache in it says')
})

test('a plugins directory is not used when everybody could replace it or what is above', async (t) => {
  for (const above of ['', 'project']) {
    const tree = new Tree(t)
    tree.write({ 'project/plugins/a.js': canary(tree, 'a') })
    chmodSync(tree.at(above), 0o777)
    const found = await tree.warm()
    const path = above === '' ? tree.root : tree.at(above)
    assert.deepEqual(tapnames(found), [])
    assert.deepEqual(reasons(found), [
      [tree.at('project/plugins'), `not used, ${path}: everybody may write to it`],
    ])
    assert.ok(!wasRead(tree) && !existsSync(tree.at('project/plugins/dropin.cache')))
    chmodSync(tree.at(above), 0o1777)
    assert.deepEqual(tapnames(await tree.find()), ['a'], 'in a sticky one only its owner may')
  }
})

test('a dropin is not used when everybody could replace what it is a link to', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'open/a.js': canary(tree, 'a') })
  mkdirSync(tree.at('project/plugins'))
  symlinkSync('../../open/a.js', tree.at('project/plugins/a.js'))
  chmodSync(tree.at('open'), 0o777)
  const found = await tree.warm()
  assert.deepEqual(tapnames(found), [])
  assert.match(found.faults[0]!.reason, /^not used, .*\/open: everybody may write to it$/)
  assert.ok(!wasRead(tree))
  chmodSync(tree.at('open'), 0o755)
  assert.deepEqual(tapnames(await tree.find()), ['a'])
})

test('a directory that nothing would be taken from is nobody’s loss', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/notes.txt': '', 'project/node_modules/x/package.json': '{}' })
  for (const name of ['project/plugins', 'project/node_modules']) chmodSync(tree.at(name), 0o777)
  assert.deepEqual(reasons(await tree.find()), [])
})

test('a node_modules that everybody may write to is not used', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/node_modules/pack/package.json': manifest('pack'),
    'project/node_modules/pack/plugins/p.js': canary(tree, 'p'),
  })
  chmodSync(tree.at('project/node_modules'), 0o777)
  const found = await tree.find()
  assert.deepEqual(
    [tapnames(found), reasons(found)],
    [[], [[tree.at('project/node_modules'), 'not used: everybody may write to it']]],
  )
  assert.ok(!wasRead(tree))
})

for (const path of ['pack', 'pack/package.json', 'pack/plugins', 'pack/plugins/p.js']) {
  test(`a package is not used when everybody may write to ${path}, till that is mended`, async (t) => {
    const tree = new Tree(t)
    tree.write({
      'project/node_modules/pack/package.json': manifest('pack'),
      'project/node_modules/pack/plugins/p.js': canary(tree, 'p'),
      'project/node_modules/other/package.json': manifest('other'),
      'project/node_modules/other/plugins/o.js': dropin('o'),
    })
    const at = tree.at(`project/node_modules/${path}`)
    chmodSync(at, 0o777)
    for (const found of [await tree.find(), await tree.warm()]) {
      assert.deepEqual(tapnames(found), ['o'])
      assert.equal(found.faults.length, 1)
      assert.equal(found.faults[0]!.reason, `not used, ${at}: everybody may write to it`)
    }
    assert.ok(!wasRead(tree))
    chmodSync(at, 0o755)
    assert.deepEqual(tapnames(await tree.find()), ['o', 'p'])
  })
}

test('a dropin that everybody may write to is not read, nor run from the cache', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': canary(tree, 'a'), 'project/plugins/b.js': dropin('b') })
  await tree.warm()
  writeFileSync(tree.canaries, '')
  chmodSync(tree.at('project/plugins/a.js'), 0o666)
  assert.deepEqual(tapnames(await tree.find()), ['b'])
  assert.ok(!wasRead(tree))
})

test('root uses only what is root’s', needsRoot, async (t) => {
  for (const name of ['project/plugins', 'project/plugins/a.js']) {
    const tree = new Tree(t)
    tree.write({ 'project/plugins/a.js': canary(tree, 'a') })
    chownSync(tree.at(name), SOMEBODY, SOMEBODY)
    const found = await tree.find()
    assert.deepEqual(tapnames(found), [], name)
    assert.match(found.faults[0]!.reason, /it belongs to user 12345, not to root$/)
    assert.ok(!wasRead(tree))
    chownSync(tree.at(name), 0, 0)
    assert.deepEqual(tapnames(await tree.find()), ['a'])
  }
})

test('another user uses what is root’s and her own, and nothing of others', {
  skip: noOther(),
}, async (t) => {
  const tree = new Tree(t)
  for (const name of ['of-root', 'of-her', 'of-him']) {
    tree.write({ [`${name}/p.js`]: dropin(name) })
  }
  for (const name of ['', 'project']) chmodSync(tree.at(name), 0o755)
  mkdirSync(tree.at('hers'))
  for (const path of ['hers', 'of-her', 'of-her/p.js']) chownSync(tree.at(path), NOBODY, NOBODY)
  for (const path of ['of-him', 'of-him/p.js']) chownSync(tree.at(path), SOMEBODY, SOMEBODY)
  const search = tree.search({
    variables: { HOME: tree.at('hers') },
    pluginPath: ['of-root', 'of-her', 'of-him'].map((name) => tree.at(name)),
  })
  const found = JSON.parse(
    execFileSync(process.execPath, [program, JSON.stringify(search)], {
      uid: NOBODY,
      gid: NOBODY,
    }).toString(),
  ) as Discovery
  assert.deepEqual(tapnames(found), ['of-root', 'of-her'])
  assert.deepEqual(reasons(found), [
    [tree.at('of-him'), 'not used: it belongs to user 12345, not to user 65534 or root'],
  ])
})

/** Why what another user finds can't be tested here; `false` when it can. */
function noOther(): string | false {
  if (!isRoot) return 'needs root'
  const { status } = spawnSync(process.execPath, ['--check', program], { uid: NOBODY, gid: NOBODY })
  return status === 0 ? false : 'another user may not read this checkout'
}
