import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import {
  buildManifests,
  gather,
  isMisplaced,
  manifestText,
  searchDirectories,
} from '@runnerd/plugin'
import { canary, dropin, manifest, Tree, tapnames } from './tree.ts'

const MAKING = 'making'
const INSTALLED = 'project/node_modules/pack'

/** Builds the manifests of a directory, and writes them. */
async function build(tree: Tree, name: string): Promise<string[]> {
  const { manifests, local, faults } = await buildManifests(tree.search({ cwd: tree.at(name) }))
  assert.deepEqual(faults, [])
  for (const each of [...manifests, ...local]) writeFileSync(each.file, manifestText(each))
  return manifests.map(({ file }) => file.slice(tree.root.length + 1))
}

/** A package that ships its manifest, installed; nothing of it has been read there. */
async function installed(tree: Tree): Promise<void> {
  tree.write({
    [`${MAKING}/package.json`]: manifest('pack', ['./dist/p.js', './more']),
    [`${MAKING}/dist/p.js`]: `export * from './impl.js'\n`,
    [`${MAKING}/dist/impl.js`]: canary(tree, 'p'),
    [`${MAKING}/more/q.js`]: canary(tree, 'q'),
  })
  assert.deepEqual(await build(tree, MAKING), [
    `${MAKING}/dist/dropin.json`,
    `${MAKING}/more/dropin.json`,
  ])
  mkdirSync(tree.at('project/node_modules'), { recursive: true })
  renameSync(tree.at(MAKING), tree.at(INSTALLED))
  writeFileSync(tree.canaries, '')
}

function wasRead(tree: Tree): boolean {
  return readFileSync(tree.canaries, 'utf8') !== ''
}

test('a package that ships its manifest is listed without any of its code, cold and warm', async (t) => {
  const tree = new Tree(t)
  await installed(tree)
  const cold = await tree.find()
  assert.deepEqual(tapnames(cold), ['p', 'q'])
  assert.match(cold.plugins[0]!.help, /^Usage: runner \[options\] p \[options\]/)
  assert.deepEqual(await tree.warm(), cold)
  assert.ok(!wasRead(tree))
})

const changes: [string, (tree: Tree) => void, string[]][] = [
  ['its module', (tree) => tree.write({ [`${INSTALLED}/more/q.js`]: dropin('r') }), ['p', 'r']],
  [
    'what it imports',
    (tree) => tree.write({ [`${INSTALLED}/dist/impl.js`]: dropin('r') }),
    ['r', 'q'],
  ],
  [
    'the manifest itself',
    (tree) => {
      const path = tree.at(`${INSTALLED}/more/dropin.json`)
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"q"', '"r"'))
    },
    ['p', 'r'],
  ],
  ['no manifest any more', (tree) => rmSync(tree.at(`${INSTALLED}/more/dropin.json`)), ['p', 'q']],
]

for (const [what, change, expected] of changes) {
  test(`a change of ${what} is noticed in a package that ships its manifest`, async (t) => {
    for (const isWarm of [false, true]) {
      const tree = new Tree(t)
      await installed(tree)
      if (isWarm) await tree.warm()
      change(tree)
      assert.deepEqual(tapnames(await tree.find()), expected)
    }
  })
}

const spoiled: [string, (path: string, text: string) => void][] = [
  ['garbage', (path) => writeFileSync(path, 'garbage')],
  ['empty', (path) => writeFileSync(path, '')],
  ['null', (path) => writeFileSync(path, 'null')],
  [
    'of a newer format',
    (path, text) => writeFileSync(path, text.replace('manifest/1', 'manifest/2')),
  ],
  [
    'of another shape',
    (path, text) => writeFileSync(path, text.replace('"plugins": [', '"plugins": [7,')),
  ],
  [
    'a verb for a tapname',
    (path, text) => writeFileSync(path, text.replaceAll('"q"', '"plugins"')),
  ],
  [
    'options that are none',
    (path, text) =>
      writeFileSync(path, text.replace('"options": {}', '"options": {"a": {"type": "no"}}')),
  ],
  [
    'held by nothing',
    (path, text) =>
      writeFileSync(
        path,
        text.replace(/"watch": \[\s+\[[^\]]+\](,\s+\[[^\]]+\])*\s+\]/, '"watch": []'),
      ),
  ],
  [
    'held by another file',
    (path, text) =>
      writeFileSync(path, text.replace(/("watch": \[\s+\[\s+)"q.js"/, '$1"../package.json"')),
  ],
  [
    'for a file outside',
    (path, text) => writeFileSync(path, text.replaceAll('"q.js"', '"../dist/p.js"')),
  ],
  [
    'a directory',
    (path) => {
      rmSync(path)
      mkdirSync(path)
    },
  ],
  [
    'a fifo',
    (path) => {
      rmSync(path)
      execFileSync('mkfifo', [path])
    },
  ],
]

for (const [what, spoil] of spoiled) {
  test(`a manifest that is ${what} is not believed, and no error`, async (t) => {
    const tree = new Tree(t)
    await installed(tree)
    const path = tree.at(`${INSTALLED}/more/dropin.json`)
    spoil(path, readFileSync(path, 'utf8'))
    const found = await tree.find()
    assert.deepEqual([tapnames(found), found.faults], [['p', 'q'], []])
    assert.equal(readFileSync(tree.canaries, 'utf8'), 'q ')
  })
}

test('what a manifest says reaches no terminal as more than text', async (t) => {
  const tree = new Tree(t)
  await installed(tree)
  const path = tree.at(`${INSTALLED}/more/dropin.json`)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replaceAll('The q service.', 'The \\u001b[31mred\\u0007 service.'))
  const { plugins } = await tree.find()
  assert.equal(plugins[1]!.description, 'The [31mred service.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  assert.doesNotMatch(plugins[1]!.help, /[\u0000-\u0009\u000b-\u001f]/)
  assert.ok(!wasRead(tree))
})

/** A project with everything in it, built as for an image, and copied to `image`. */
async function image(tree: Tree): Promise<void> {
  tree.write({
    'app/.git': '',
    'app/package.json': '{"type":"module"}',
    'app/src/text.js': `export const text = 'A.'`,
    'app/plugins/a.js': `import { text } from '../src/text.js'\n${canary(tree, 'a')}`,
    'app/plugins/web/package.json': manifest('web'),
    'app/plugins/web/plugins/w.js': canary(tree, 'w'),
    'app/plugins/notes/README': '',
    'app/node_modules/pack/package.json': manifest('pack'),
    'app/node_modules/pack/plugins/p.js': canary(tree, 'p'),
    'app/node_modules/@s/scoped/package.json': manifest('@s/scoped'),
    'app/node_modules/@s/scoped/plugins/s.js': canary(tree, 's'),
    'app/node_modules/plain/package.json': '{}',
    'app/node_modules/.package-lock.json': '{}',
  })
  assert.deepEqual(await build(tree, 'app'), [
    'app/plugins/dropin.json',
    'app/node_modules/.dropin.json',
  ])
  const caches = ['app/plugins/dropin.cache', 'app/node_modules/.cache']
  for (const name of caches) rmSync(tree.at(name), { recursive: true })
  rmSync(tree.at('home'), { recursive: true })
  cpSync(tree.at('app'), tree.at('image'), { recursive: true })
  rmSync(tree.at('app'), { recursive: true })
  writeFileSync(tree.canaries, '')
}

function contents(tree: Tree): string[] {
  return readdirSync(tree.root, { recursive: true, encoding: 'utf8' }).sort()
}

test('what is built into an image needs no code and no cache, and leaves nothing behind', async (t) => {
  const tree = new Tree(t)
  await image(tree)
  const before = contents(tree)
  const found = await tree.find({ cwd: tree.at('image') })
  assert.deepEqual([tapnames(found), found.faults], [['a', 'w', 'p', 's'], []])
  assert.deepEqual(await tree.find({ cwd: tree.at('image') }), found)
  assert.ok(!wasRead(tree))
  assert.deepEqual(contents(tree), before)
})

test('what is built into an image leaves nothing behind where there is no plugin package', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'app/.git': '',
    'app/plugins/a.js': canary(tree, 'a'),
    'app/node_modules/plain/package.json': '{}',
  })
  assert.deepEqual(await build(tree, 'app'), [
    'app/plugins/dropin.json',
    'app/node_modules/.dropin.json',
  ])
  await leavesNothing(tree, ['a'])
})

test('what is built into an image that is a plugin package itself leaves nothing behind', async (t) => {
  for (const plugins of ['./dist/*.js', './plugins']) {
    const tree = new Tree(t)
    tree.write({
      'app/.git': '',
      'app/package.json': manifest('app', plugins),
      [`app/${plugins.split('/')[1]}/a.js`]: canary(tree, 'a'),
      [`app/${plugins.split('/')[1]}/notes/README`]: '',
      'app/node_modules/plain/package.json': '{}',
      'app/node_modules/broken/package.json': manifest('broken'),
    })
    await build(tree, 'app')
    await leavesNothing(tree, ['a'])
  }
})

/** Takes the image elsewhere, and lists what is in it, twice. */
async function leavesNothing(tree: Tree, expected: readonly string[]): Promise<void> {
  for (const name of ['app/plugins/dropin.cache', 'app/node_modules/.cache', 'home']) {
    rmSync(tree.at(name), { recursive: true, force: true })
  }
  cpSync(tree.at('app'), tree.at('image'), { recursive: true })
  rmSync(tree.at('app'), { recursive: true })
  writeFileSync(tree.canaries, '')
  const before = contents(tree)
  const cwd = tree.at('image')
  for (const _ of [1, 2]) assert.deepEqual(tapnames(await tree.find({ cwd })), expected)
  assert.ok(!wasRead(tree))
  assert.deepEqual(contents(tree), before)
}

const edits: [string, (tree: Tree) => void, string[]][] = [
  ['a dropin', (tree) => tree.write({ 'image/plugins/a.js': dropin('b') }), ['b', 'w', 'p', 's']],
  [
    'what a dropin imports',
    (tree) => tree.write({ 'image/src/text.js': `throw new Error('gone')` }),
    ['w', 'p', 's'],
  ],
  [
    'a dropin more',
    (tree) => tree.write({ 'image/plugins/b.js': dropin('b') }),
    ['a', 'b', 'w', 'p', 's'],
  ],
  ['a dropin less', (tree) => rmSync(tree.at('image/plugins/a.js')), ['w', 'p', 's']],
  [
    'a package in plugins',
    (tree) => {
      tree.write({ 'image/plugins/notes/package.json': manifest('notes') })
      tree.write({ 'image/plugins/notes/plugins/n.js': dropin('n') })
    },
    ['a', 'n', 'w', 'p', 's'],
  ],
  [
    'a package more',
    (tree) => {
      tree.write({ 'image/node_modules/@s/new/package.json': manifest('@s/new') })
      tree.write({ 'image/node_modules/@s/new/plugins/n.js': dropin('n') })
    },
    ['a', 'w', 'p', 'n', 's'],
  ],
  [
    'a package of the same name that became one',
    (tree) => {
      tree.write({ 'image/node_modules/plain/package.json': manifest('plain') })
      tree.write({ 'image/node_modules/plain/plugins/n.js': dropin('n') })
      tree.write({ 'image/node_modules/.package-lock.json': '{"changed":1}' })
    },
    ['a', 'w', 'p', 'n', 's'],
  ],
  [
    'a package less',
    (tree) => rmSync(tree.at('image/node_modules/pack'), { recursive: true }),
    ['a', 'w', 's'],
  ],
]

for (const [what, edit, expected] of edits) {
  test(`${what} is noticed in what was built into an image`, async (t) => {
    const tree = new Tree(t)
    await image(tree)
    const cwd = tree.at('image')
    edit(tree)
    assert.deepEqual(tapnames(await tree.find({ cwd })), expected)
    assert.deepEqual(tapnames(await tree.warm({ cwd })), expected)
    assert.ok(existsSync(tree.at('image/plugins/a.js')) || !expected.includes('a'))
  })
}

test('what is built into an image and is no dropin of a package is misplaced, and not taken over', async (t) => {
  const tree = new Tree(t)
  await image(tree)
  const cwd = tree.at('image')
  tree.write({ 'image/node_modules/pack/lib/evil.js': canary(tree, 'evil') })
  const built = tree.at('image/node_modules/.dropin.json')
  const bytes = readFileSync(tree.at('image/node_modules/pack/lib/evil.js'))
  const key = `sha256-${createHash('sha256').update(bytes).digest('base64')}`
  const says = JSON.parse(readFileSync(built, 'utf8'))
  const [, pack] = says.content.units.find(([name]: [string]) => name === 'pack')
  pack.dropins[0].file = 'pack/lib/evil.js'
  pack.dropins[0].watch = [['pack/lib/evil.js', key]]
  writeFileSync(built, JSON.stringify(says))
  const directories = await searchDirectories(tree.search({ cwd }))
  const { plugins } = gather(directories)
  const misplaced: string[] = []
  for (const plugin of plugins) {
    if (await isMisplaced(directories, plugin)) misplaced.push(plugin.file)
  }
  assert.deepEqual(misplaced, [tree.at('image/node_modules/pack/lib/evil.js')])
  tree.write({ 'image/node_modules/.package-lock.json': '{"changed":1}' })
  const found = await tree.warm({ cwd })
  assert.ok(!found.plugins.some(({ file }) => file.endsWith('evil.js')))
  assert.deepEqual(tapnames(found), ['a', 'w', 'p', 's'])
})

test('another version of runner does not believe what was built into an image for this one', async (t) => {
  const tree = new Tree(t)
  await image(tree)
  const more = { cwd: tree.at('image'), version: '0.1.1' }
  assert.deepEqual(tapnames(await tree.find(more)), ['a', 'w', 'p', 's'])
  assert.ok(wasRead(tree))
})

test('a manifest is believed as long as what it was made from in other packages is the same', async (t) => {
  const tree = new Tree(t)
  const dep = (dir: string, text: string, deep: string): void => {
    tree.write({
      [`${dir}/dep/package.json`]: { name: 'dep', type: 'module', main: 'i.js' },
      [`${dir}/dep/i.js`]: `import { deep } from '@s/deep'\nexport const text = '${text} ' + deep\n`,
      [`${dir}/@s/deep/package.json`]: { name: '@s/deep', type: 'module', main: 'i.js' },
      [`${dir}/@s/deep/i.js`]: `export const deep = '${deep}'\n`,
    })
  }
  const imports = canary(tree, 'p').replace(/description: "[^"]*"/, 'description: text')
  tree.write({
    [`${MAKING}/package.json`]: manifest('pack', './p.js'),
    [`${MAKING}/p.js`]: `import { text } from 'dep'\n${imports}`,
  })
  dep(`${MAKING}/node_modules`, 'one', 'deep')
  await build(tree, MAKING)
  rmSync(tree.at(`${MAKING}/node_modules`), { recursive: true })
  // Elsewhere the package says more, as one that was published does.
  tree.write({ [`${MAKING}/package.json`]: { ...manifest('pack', './p.js'), gitHead: 'x' } })
  dep('project/node_modules', 'one', 'deep')
  renameSync(tree.at(MAKING), tree.at(INSTALLED))
  const said = async (): Promise<[string, boolean]> => {
    writeFileSync(tree.canaries, '')
    const { plugins } = await tree.warm()
    return [plugins[0]!.description, wasRead(tree)]
  }
  assert.deepEqual(await said(), ['one deep', false])
  dep('project/node_modules', 'two', 'deep')
  assert.deepEqual(await said(), ['two deep', true])
  dep('project/node_modules', 'one', 'deep')
  assert.deepEqual(await said(), ['one deep', false])
  dep('project/node_modules', 'one', 'deeper')
  assert.deepEqual(await said(), ['one deeper', true])
  dep('project/node_modules', 'one', 'deep')
  dep(`${INSTALLED}/node_modules`, 'nearer', 'deep')
  assert.deepEqual(await said(), ['nearer deep', true])
})

test('no manifest is built of a dropin that imports what no package brings along', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'stray.js': `export const text = 'stray'\n`,
    [`${MAKING}/package.json`]: manifest('pack', './p.js'),
    [`${MAKING}/p.js`]: `import '../stray.js'\n${dropin('p')}`,
  })
  const { manifests, faults } = await buildManifests(tree.search({ cwd: tree.at(MAKING) }))
  assert.deepEqual(manifests, [])
  assert.match(faults[0]!.reason, /^it imports .*\/stray\.js, which is in no package/)
})
