import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Discovery } from '@runnerd/plugin'
import { dropin, manifest, Tree, tapnames } from './tree.ts'

const program = fileURLToPath(new URL('./programs/find-plugins.js', import.meta.url))
const NOBODY = 65534
const PACK = 'project/node_modules/pack'

/** What another user finds in a tree of root's. */
function findAsNobody(tree: Tree): Discovery {
  chmodSync(tree.root, 0o755)
  const search = JSON.stringify(
    tree.search({ variables: { HOME: '/nowhere', TMPDIR: '/nowhere' } }),
  )
  return JSON.parse(
    execFileSync(process.execPath, [program, search], { uid: NOBODY, gid: NOBODY }).toString(),
  )
}

/** Why what another user finds can't be tested here; `false` when it can. */
function noOther(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root'
  const { status } = spawnSync(process.execPath, ['--check', program], { uid: NOBODY, gid: NOBODY })
  return status === 0 ? false : 'another user may not read this checkout'
}

function reasons(tree: Tree, { faults }: Discovery): [string, string][] {
  return faults.map(({ file, reason }) => [file.slice(tree.root.length + 1), reason])
}

const closed: [string, mode: number, file: string, reason: string][] = [
  ['project/plugins', 0o711, 'project/plugins', 'not used: permission denied'],
  ['project/node_modules', 0o700, 'project/node_modules', 'not used: permission denied'],
  [PACK, 0o700, PACK, 'package.json: permission denied'],
  [`${PACK}/package.json`, 0o600, PACK, 'package.json: permission denied'],
  [`${PACK}/plugins`, 0o700, PACK, 'runner.plugins: plugins: permission denied'],
  ['project/package.json', 0o600, 'project', 'package.json: permission denied'],
]

for (const [path, mode, file, reason] of closed) {
  test(`a ${path} that may not be read is a fault, till it may`, { skip: noOther() }, (t) => {
    const tree = new Tree(t)
    tree.write({
      'project/plugins/a.js': dropin('a'),
      [`${PACK}/package.json`]: manifest('pack'),
      [`${PACK}/plugins/p.js`]: dropin('p'),
    })
    chmodSync(tree.at(path), mode)
    const found = findAsNobody(tree)
    assert.ok(
      reasons(tree, found).some(([of, why]) => of === file && why === reason),
      JSON.stringify(found.faults),
    )
    chmodSync(tree.at(path), 0o755)
    assert.deepEqual(tapnames(findAsNobody(tree)), ['a', 'p'])
  })
}

test('a link that is called as a dropin and leads to none is a fault, till it does', async (t) => {
  const tree = new Tree(t)
  mkdirSync(tree.at('project/plugins'))
  symlinkSync('../later.js', tree.at('project/plugins/a.js'))
  symlinkSync('b.js', tree.at('project/plugins/b.js'))
  symlinkSync('../later', tree.at('project/plugins/c'))
  const said = ['a.js', 'b.js'].map((name) => [
    `project/plugins/${name}`,
    'it is a link to what is not there',
  ])
  assert.deepEqual(reasons(tree, await tree.warm()), said)
  assert.deepEqual(reasons(tree, await tree.find()), said)
  tree.write({ 'project/later.js': dropin('a') })
  rmSync(tree.at('project/plugins/b.js'))
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['a'], []])
})

const promises: [unknown, string][] = [
  [{ plugins: './lib/*.js' }, 'runner.plugins finds no file: lib/*.js'],
  [{ plugins: ['a/*', 'b/*'] }, 'runner.plugins finds no file: a/* b/*'],
  [{ plugin: './lib/x.mjs' }, 'runner.plugin means nothing; did you mean runner.plugins?'],
  [{ Plugins: './lib/x.mjs' }, 'runner.Plugins means nothing; did you mean runner.plugins?'],
]

for (const [runner, reason] of promises) {
  test(`"runner": ${JSON.stringify(runner)} that gives nothing is a fault, till it does`, async (t) => {
    const tree = new Tree(t)
    tree.write({ [`${PACK}/package.json`]: { name: 'pack', runner }, [`${PACK}/lib/x.mjs`]: '' })
    for (const found of [await tree.warm(), await tree.find()]) {
      assert.deepEqual(reasons(tree, found), [[PACK, reason]])
    }
    tree.write({ [`${PACK}/package.json`]: { name: 'pack', runner: { plugins: 'lib/*' } } })
    renameSync(tree.at(`${PACK}/lib/x.mjs`), tree.at(`${PACK}/lib/y.mjs`))
    assert.deepEqual((await tree.find()).faults, [])
  })
}

test('a plugin path that is not there is a fault', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/file': '' })
  const { faults } = await tree.find({ pluginPath: ['nowhere', 'file'] })
  assert.deepEqual(
    faults.map(({ file, reason }) => [file, reason]),
    [
      [tree.at('project/nowhere'), 'no such directory'],
      [tree.at('project/file'), 'it is no directory'],
    ],
  )
})
