import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cacheFaults, type Discovery } from '@runnerd/plugin'
import { canary, dropin, manifest, pastTick, Tree, tapnames } from './tree.ts'

// Not a public name: a sum that is right is what these tests are about.
const module = new URL('../../../packages/plugin/dist/sealed-json.js', import.meta.url).href
const { sealed } = (await import(module)) as { sealed(value: object): Buffer }

const CACHE = 'project/plugins/dropin.cache'
const isRoot = process.geteuid?.() === 0
const program = fileURLToPath(new URL('./programs/find-plugins.js', import.meta.url))

/** A tree with a warm cache in it, and what was found. */
async function warmTree(t: ConstructorParameters<typeof Tree>[0]): Promise<[Tree, Discovery]> {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': canary(tree, 'a') })
  const found = await tree.warm()
  writeFileSync(tree.canaries, '')
  return [tree, found]
}

function wasRead(tree: Tree): boolean {
  return readFileSync(tree.canaries, 'utf8') !== ''
}

test('the dropin cache is JSON beside the dropins, and no other file is left', async (t) => {
  const [tree] = await warmTree(t)
  assert.deepEqual(readdirSync(tree.at('project/plugins')), ['a.js', 'dropin.cache'])
  const { format, dir } = JSON.parse(readFileSync(tree.at(CACHE), 'utf8'))
  assert.deepEqual([format, dir], ['runner-dropin/4', tree.at('project/plugins')])
  assert.equal(statSync(tree.at(CACHE)).mode & 0o133, 0)
})

test('the dropin cache of a node_modules is in its .cache', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/node_modules/pack/package.json': manifest('pack'),
    'project/node_modules/pack/plugins/p.js': dropin('p'),
  })
  await tree.warm()
  assert.deepEqual(readdirSync(tree.at('project/node_modules')), ['.cache', 'pack'])
  assert.deepEqual(readdirSync(tree.at('project/node_modules/.cache/runner')), ['dropin.cache'])
})

test('the dropin cache is not written again when nothing changed', async (t) => {
  const [tree] = await warmTree(t)
  const before = statSync(tree.at(CACHE))
  await tree.find()
  const after = statSync(tree.at(CACHE))
  assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs])
  assert.ok(!wasRead(tree))
})

const spoiled: [string, (path: string, text: string) => void][] = [
  ['empty', (path) => writeFileSync(path, '')],
  ['truncated', (path, text) => writeFileSync(path, text.slice(0, -20))],
  ['garbage', (path) => writeFileSync(path, Buffer.from([0, 255, 1]))],
  ['JSON of something else', (path) => writeFileSync(path, '[null]')],
  ['null', (path) => writeFileSync(path, 'null')],
  [
    'of another format',
    (path, text) => writeFileSync(path, text.replace(/dropin\/\d+/, 'dropin/99')),
  ],
  ['of another build', (path, text) => writeFileSync(path, text.replace('"test"', '"older"'))],
  [
    'of another directory',
    (path, text) => writeFileSync(path, text.replace('"dir":"/', '"dir":"/x/')),
  ],
  [
    'of another shape',
    (path, text) => writeFileSync(path, text.replace('"faults":[]', '"faults":5')),
  ],
  ['a directory', (path) => replace(path, () => mkdirSync(path))],
  ['a fifo', (path) => replace(path, () => execFileSync('mkfifo', [path]))],
  ['a device', (path) => replace(path, () => makeDevice(path))],
  [
    'a link to a good one',
    (path, text) => {
      writeFileSync(`${path}.good`, text)
      replace(path, () => symlinkSync(`${path}.good`, path))
    },
  ],
  ['writable for all', (path) => chmodSync(path, 0o666)],
  ['writable for a group', (path) => chmodSync(path, 0o664)],
]

for (const [what, spoil] of spoiled) {
  test(`a dropin cache that is ${what} is not believed, and no error`, async (t) => {
    const [tree, found] = await warmTree(t)
    spoil(tree.at(CACHE), readFileSync(tree.at(CACHE), 'utf8'))
    assert.deepEqual(await tree.find(), found)
    assert.ok(wasRead(tree))
  })
}

/** A cache as it is written, to be changed by somebody who makes its sum right again. */
interface Planted {
  all: [path: string, key: unknown][]
  content: { units: [name: string, unit: { dropins: PlantedDropin[] }][] }
}

interface PlantedDropin {
  file: string
  watch: number[]
  plugins: { tapname: string; description: string; help: string }[]
}

const planted: [string, (cache: Planted, dropin: PlantedDropin, tree: Tree) => void][] = [
  [
    'an escape in a description',
    (_, { plugins: [plugin] }) => Object.assign(plugin!, { description: '\u001b[31mred' }),
  ],
  [
    'an escape in a help',
    (_, { plugins: [plugin] }) => Object.assign(plugin!, { help: '\u001b]0;x\u0007' }),
  ],
  [
    'a verb for a tapname',
    (_, { plugins: [plugin] }) => Object.assign(plugin!, { tapname: 'stop' }),
  ],
  ['nothing that holds a dropin', (_, dropin) => Object.assign(dropin, { watch: [] })],
  [
    'a dropin held by its content',
    (cache, dropin, tree) => {
      const bytes = readFileSync(tree.at(`project/plugins/${dropin.file}`))
      const key = `sha256-${createHash('sha256').update(bytes).digest('base64')}`
      dropin.watch = [cache.all.push([dropin.file, key]) - 1]
    },
  ],
  [
    'another file for a dropin',
    (cache, dropin, tree) => {
      tree.write({ 'project/plugins/lib/evil.js': canary(tree, 'evil') })
      const { dev, ino, size, mtimeMs, ctimeMs } = statSync(tree.at('project/plugins/lib/evil.js'))
      dropin.file = 'lib/evil.js'
      dropin.watch = [cache.all.push([dropin.file, [dev, ino, size, mtimeMs, ctimeMs]]) - 1]
    },
  ],
]

for (const [what, change] of planted) {
  test(`a dropin cache with a right sum and ${what} is not believed`, async (t) => {
    const tree = new Tree(t)
    tree.write({ 'project/plugins/a.js': canary(tree, 'a'), 'project/plugins/lib/x.txt': '' })
    await tree.warm()
    const cache = JSON.parse(readFileSync(tree.at(CACHE), 'utf8'))
    change(cache, cache.content.units[0][1].dropins[0], tree)
    writeFileSync(tree.at(CACHE), sealed({ ...cache, sum: undefined }))
    writeFileSync(tree.canaries, '')
    const { plugins } = await tree.find()
    assert.deepEqual(
      plugins.map(({ tapname, description, file }) => [tapname, description, file]),
      [['a', 'The a service.', tree.at('project/plugins/a.js')]],
    )
    assert.ok(wasRead(tree))
  })
}

/** One that has no end, where that is allowed. */
function makeDevice(path: string): void {
  const { status } = spawnSync('mknod', [path, 'c', '1', '5'])
  if (status !== 0) symlinkSync('/dev/zero', path)
}

function replace(path: string, make: () => void): void {
  rmSync(path)
  make()
}

test('a dropin cache of another user is not believed', {
  skip: !isRoot && 'needs root',
}, async (t) => {
  const [tree, found] = await warmTree(t)
  chownSync(tree.at(CACHE), 12345, 12345)
  assert.deepEqual(await tree.find(), found)
  assert.ok(wasRead(tree))
})

test('a dropin cache that leads out of its directory is not believed', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/web/package.json': manifest('web') })
  tree.write({ 'project/plugins/web/plugins/p.js': dropin('p') })
  const found = await tree.warm()
  const text = readFileSync(tree.at(CACHE), 'utf8')
  writeFileSync(tree.at(CACHE), text.replace('"file":"web/', '"file":"web/../../'))
  assert.deepEqual(await tree.find(), found)
})

test('the dropin cache forgets a dropin that is gone', async (t) => {
  const [tree] = await warmTree(t)
  tree.write({ 'project/plugins/b.js': dropin('b') })
  await tree.find()
  rmSync(tree.at('project/plugins/b.js'))
  await tree.find()
  assert.doesNotMatch(readFileSync(tree.at(CACHE), 'utf8'), /b\.js/)
})

test('the dropin cache holds a failure for one version of Node only', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': `${canary(tree, 'a')}\nthrow new Error('broken')` })
  await tree.warm()
  writeFileSync(tree.canaries, '')
  const text = readFileSync(tree.at(CACHE), 'utf8')
  writeFileSync(tree.at(CACHE), text.replace(`"node":"${process.version}"`, '"node":"v0.0.0"'))
  await tree.find()
  assert.ok(wasRead(tree))
})

test('a dropin cache is mended by the search that could not believe it', async (t) => {
  const [tree] = await warmTree(t)
  writeFileSync(tree.at(CACHE), 'garbage')
  await tree.find()
  writeFileSync(tree.canaries, '')
  await tree.find()
  assert.ok(!wasRead(tree))
})

test('the dropin cache is in the user’s cache directory where it can not be beside', async (t) => {
  const [tree, found] = await warmTree(t)
  replace(tree.at(CACHE), () => mkdirSync(tree.at(CACHE)))
  await tree.find()
  writeFileSync(tree.canaries, '')
  assert.deepEqual(await tree.find(), found)
  assert.ok(!wasRead(tree))
  const [name, ...others] = readdirSync(tree.at('home/.cache/runner')).filter(
    (each) => each !== 'jiti',
  )
  assert.match(name!, /project-plugins-[0-9a-z]+\.dropin\.cache$/)
  assert.deepEqual(others, [])
  assert.deepEqual(readdirSync(tree.at(CACHE)), [])
  assert.deepEqual(readdirSync(tree.at('project/plugins')), ['a.js', 'dropin.cache'])
})

test('RUNNER_CACHE_DIR and XDG_CACHE_HOME say where that is', async (t) => {
  const [tree] = await warmTree(t)
  replace(tree.at(CACHE), () => mkdirSync(tree.at(CACHE)))
  const HOME = tree.at('home')
  await tree.find({
    variables: { HOME, RUNNER_CACHE_DIR: tree.at('own'), XDG_CACHE_HOME: tree.at('xdg') },
  })
  assert.equal(readdirSync(tree.at('own')).length, 1)
  assert.ok(!existsSync(tree.at('xdg')))
  await tree.find({ variables: { HOME, XDG_CACHE_HOME: tree.at('xdg') } })
  assert.equal(readdirSync(tree.at('xdg/runner')).length, 1)
})

test('a user with no home has a cache among the temporary files, if it is nobody else’s', async (t) => {
  const [tree, found] = await warmTree(t)
  replace(tree.at(CACHE), () => mkdirSync(tree.at(CACHE)))
  mkdirSync(tree.at('tmp'))
  chmodSync(tree.at('tmp'), 0o1777)
  const variables = { HOME: '/dev/null', TMPDIR: tree.at('tmp') }
  await tree.find({ variables })
  writeFileSync(tree.canaries, '')
  assert.deepEqual(await tree.find({ variables }), found)
  assert.ok(!wasRead(tree))
  const dir = `tmp/runner-cache-${process.geteuid!()}`
  assert.equal(readdirSync(tree.at(dir)).length, 1)
  chmodSync(tree.at(dir), 0o777)
  assert.deepEqual(await tree.find({ variables }), found)
  assert.ok(wasRead(tree))
})

const open: [string, (tree: Tree) => string][] = [
  ['beside packages', (tree) => tree.at('project/node_modules/.cache/runner')],
  ['above that', (tree) => tree.at('project/node_modules/.cache')],
  ['of the user', (tree) => tree.at('home/.cache/runner')],
  ['above that of the user', (tree) => tree.at('home')],
]

for (const [what, dirOf] of open) {
  test(`a cache directory ${what} that everybody may write to is neither believed nor written`, async (t) => {
    const tree = new Tree(t)
    tree.write({
      'project/node_modules/pack/package.json': manifest('pack'),
      'project/node_modules/pack/plugins/p.js': canary(tree, 'p'),
    })
    const dir = dirOf(tree)
    // No cache but the one that is tried.
    if (what.endsWith('user')) tree.write({ 'project/node_modules/.cache': '' })
    const more = { variables: { HOME: tree.at('home'), TMPDIR: '/dev/null' } }
    await tree.warm(more)
    writeFileSync(tree.canaries, '')
    await tree.find(more)
    assert.ok(!wasRead(tree))
    if (!what.endsWith('user')) more.variables.HOME = '/dev/null'
    chmodSync(dir, 0o777)
    const names = readdirSync(dir, { recursive: true })
    for (const _ of [1, 2]) {
      writeFileSync(tree.canaries, '')
      assert.deepEqual(tapnames(await tree.find(more)), ['p'])
      assert.ok(wasRead(tree))
    }
    rmSync(dir, { recursive: true })
    mkdirSync(dir)
    chmodSync(dir, 0o777)
    await tree.find(more)
    assert.deepEqual(readdirSync(dir), [])
    assert.ok(names.length > 0)
    const faults = cacheFaults(tree.search(more))
    if (what === 'above that of the user') assert.deepEqual(faults, [], 'nothing is there')
    else assert.match(faults[0]!.reason, /^not believed(, .*)?: everybody may write to it$/)
  })
}

test('a cache directory that is a link to somebody else’s is not written', {
  skip: !isRoot && 'needs root',
}, async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/node_modules/pack/package.json': manifest('pack') })
  tree.write({ 'project/node_modules/pack/plugins/p.js': dropin('p') })
  mkdirSync(tree.at('theirs'))
  chownSync(tree.at('theirs'), 12345, 12345)
  symlinkSync(tree.at('theirs'), tree.at('project/node_modules/.cache'))
  assert.deepEqual(tapnames(await tree.warm()), ['p'])
  assert.deepEqual(readdirSync(tree.at('theirs')), [])
  assert.deepEqual(
    cacheFaults(tree.search()).map(({ reason }) => reason),
    [
      `not believed, ${tree.at('project/node_modules/.cache')}: it belongs to user 12345, not to root`,
    ],
  )
})

test('getPlugins does without any cache', async (t) => {
  const [tree, found] = await warmTree(t)
  replace(tree.at(CACHE), () => mkdirSync(tree.at(CACHE)))
  const TMPDIR = '/dev/null'
  for (const HOME of [undefined, '/dev/null', tree.at('door.js')]) {
    const variables = { TMPDIR, ...(HOME === undefined ? {} : { HOME }) }
    assert.deepEqual(await tree.find({ variables }), found)
  }
})

/** What another user finds, in a directory of root's. */
function findAsNobody(tree: Tree, variables: NodeJS.ProcessEnv): Discovery {
  const search = JSON.stringify(tree.search({ variables }))
  return JSON.parse(
    execFileSync(process.execPath, [program, search], { uid: 65534, gid: 65534 }).toString(),
  )
}

/** Why what another user finds can't be tested here; `false` when it can. */
function noOther(): string | false {
  if (!isRoot) return 'needs root'
  const { status } = spawnSync(process.execPath, ['--check', program], { uid: 65534, gid: 65534 })
  return status === 0 ? false : 'another user may not read this checkout'
}

test('another user keeps a dropin cache of his own when the one beside is old', {
  skip: noOther(),
}, async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': canary(tree, 'a') })
  await tree.warm()
  for (const name of ['', 'project', 'project/plugins']) chmodSync(tree.at(name), 0o755)
  chmodSync(tree.canaries, 0o666)
  mkdirSync(tree.at('hers'))
  chownSync(tree.at('hers'), 65534, 65534)
  writeFileSync(tree.canaries, '')
  const HOME = tree.at('hers')
  findAsNobody(tree, { HOME })
  assert.ok(!wasRead(tree), "root's cache is believed")
  tree.write({ 'project/plugins/a.js': canary(tree, 'b') })
  await pastTick()
  assert.deepEqual(tapnames(findAsNobody(tree, { HOME })), ['b'])
  assert.ok(wasRead(tree))
  writeFileSync(tree.canaries, '')
  assert.deepEqual(tapnames(findAsNobody(tree, { HOME })), ['b'])
  assert.ok(!wasRead(tree), 'her own cache is believed')
  const nowhere = { HOME: '/nowhere', TMPDIR: '/nowhere' }
  assert.deepEqual(tapnames(findAsNobody(tree, nowhere)), ['b'])
  assert.deepEqual(readdirSync(tree.at('project/plugins')), ['a.js', 'dropin.cache'])
})

test('twenty searches at once of a cold tree agree, and leave one cache', async (t) => {
  const tree = new Tree(t)
  for (const name of ['a', 'b', 'c']) tree.write({ [`project/plugins/${name}.js`]: dropin(name) })
  tree.write({
    'project/plugins/d.js': `throw new Error('broken')`,
    'project/node_modules/pack/package.json': manifest('pack'),
    'project/node_modules/pack/plugins/p.js': dropin('p'),
  })
  const search = JSON.stringify(tree.search())
  const children = Array.from({ length: 20 }, () => spawn(process.execPath, [program, search]))
  const outputs = await Promise.all(
    children.map(async (child) => {
      const chunks: Buffer[] = []
      child.stdout.on('data', (chunk) => chunks.push(chunk))
      await once(child, 'close')
      return Buffer.concat(chunks).toString()
    }),
  )
  assert.equal(new Set(outputs).size, 1)
  assert.deepEqual(tapnames(JSON.parse(outputs[0]!)), ['a', 'b', 'c', 'p'])
  assert.deepEqual(
    readdirSync(tree.at('project/plugins')).filter((name) => !name.endsWith('.js')),
    ['dropin.cache'],
  )
  assert.deepEqual(readdirSync(tree.at('project/node_modules/.cache/runner')), ['dropin.cache'])
  assert.deepEqual(await tree.find(), JSON.parse(outputs[0]!))
})
