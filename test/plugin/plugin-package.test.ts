import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { dropin, manifest, Tree, tapnames } from './tree.ts'

const PACK = 'project/node_modules/pack'

/** A tree with one package, and whether it is found the same cold and warm. */
async function found(
  t: { after(fn: () => void): void },
  packageJson: object | string,
  files: readonly string[],
): Promise<{ tapnames: string[]; reasons: string[] }> {
  const tree = new Tree(t as never)
  tree.write({ [`${PACK}/package.json`]: packageJson })
  for (const file of files) {
    tree.write({ [`${PACK}/${file}`]: dropin(file.replaceAll(/[^a-z]/g, '-').replace(/^-+/, '')) })
  }
  const cold = await tree.find()
  assert.deepEqual(await tree.warm(), cold)
  return { tapnames: tapnames(cold), reasons: cold.faults.map(({ reason }) => reason) }
}

const files = [
  'plugins/a.js',
  'plugins/b.js',
  'dist/c.js',
  'dist/deep/d.js',
  'dist/e.d.ts',
  'x.js',
  'odd/(@+!)/o.js',
]

const forms: [string, unknown, string[]][] = [
  ['left out', undefined, ['plugins-a-js', 'plugins-b-js']],
  ['a folder', './plugins', ['plugins-a-js', 'plugins-b-js']],
  ['a folder with a slash', 'dist/', ['dist-c-js']],
  ['a file', './dist/c.js', ['dist-c-js']],
  ['a list', ['./x.js', 'plugins'], ['x-js', 'plugins-a-js', 'plugins-b-js']],
  ['a glob', './dist/**/*.js', ['dist-c-js', 'dist-deep-d-js']],
  ['a glob of all files', './dist/*', ['dist-c-js']],
  ['a glob of one of several', './@(x|y).js', ['x-js']],
  ['a glob of one or more', './plugins/+(a|b).js', ['plugins-a-js', 'plugins-b-js']],
  ['a file with a glob’s characters', './odd/(@+!)/o.js', ['odd-------o-js']],
  [
    'globs with an exception',
    ['./{dist,plugins}/*.js', '!./plugins/b.js'],
    ['dist-c-js', 'plugins-a-js'],
  ],
  ['a folder with a file for an exception', ['./plugins', '!./plugins/b.js'], ['plugins-a-js']],
  ['a folder with a glob for an exception', ['./plugins', '!**/a.*'], ['plugins-b-js']],
  ['a glob with a folder for an exception', ['./dist/**/*.js', '!dist/deep'], ['dist-c-js']],
  ['an exception alone', '!plugins/a.js', ['plugins-b-js']],
]

for (const [what, plugins, expected] of forms) {
  test(`getPlugins takes runner.plugins that is ${what}`, async (t) => {
    assert.deepEqual(await found(t, manifest('pack', plugins), files), {
      tapnames: expected,
      reasons: [],
    })
  })
}

test('getPlugins takes "runner": true', async (t) => {
  const { tapnames, reasons } = await found(
    t,
    { name: 'pack', type: 'module', runner: true },
    files,
  )
  assert.deepEqual([tapnames, reasons], [['plugins-a-js', 'plugins-b-js'], []])
})

test('getPlugins leaves a package alone whose "runner" is something else', async (t) => {
  for (const runner of ['jest', 5, null, false, { timeout: 3 }]) {
    const packageJson = { name: 'pack', scripts: { runner: 'x' }, runner }
    assert.deepEqual(await found(t, packageJson, ['x.js']), { tapnames: [], reasons: [] })
  }
})

const faults: [string, object | string, string][] = [
  ['leads out', manifest('pack', '../x'), 'runner.plugins leads out of the package: ../x'],
  [
    'leads out by a list',
    manifest('pack', ['a/../..']),
    'runner.plugins leads out of the package: a/../..',
  ],
  [
    'leads out by a glob',
    manifest('pack', './*/../../x/*'),
    'runner.plugins leads out of the package: ./*/../../x/*',
  ],
  ['is absolute', manifest('pack', '/x'), 'runner.plugins leads out of the package: /x'],
  ['is no path', manifest('pack', [5]), 'runner.plugins is not a path or a list of them'],
  ['is an object', manifest('pack', {}), 'runner.plugins is not a path or a list of them'],
  ['is empty', manifest('pack', ''), 'runner.plugins is not a path or a list of them'],
]

for (const [what, packageJson, reason] of faults) {
  test(`getPlugins reports runner.plugins that ${what}`, async (t) => {
    assert.deepEqual(await found(t, packageJson, []), { tapnames: [], reasons: [reason] })
  })
}

test('getPlugins reports a package.json that is no JSON, and no other package suffers', async (t) => {
  const tree = new Tree(t)
  tree.write({
    [`${PACK}/package.json`]: '{ "runner": oops',
    'project/node_modules/fine/package.json': manifest('fine'),
    'project/node_modules/fine/plugins/p.js': dropin('fine'),
  })
  const { plugins, faults } = await tree.find()
  assert.deepEqual([faults.length, faults[0]?.file], [1, tree.at(PACK)])
  assert.match(faults[0]!.reason, /^package\.json is not JSON: /)
  assert.equal(plugins[0]?.tapname, 'fine')
})

test('getPlugins reports a plugin package whose file is missing, until it is there', async (t) => {
  for (const plugins of ['./dist/p.js', './dist', undefined]) {
    const tree = new Tree(t)
    const file = `${PACK}/${plugins ?? 'plugins'}`
    tree.write({ [`${PACK}/package.json`]: manifest('pack', plugins) })
    const missing = [[tree.at(file), 'no such file']]
    const found = async (): Promise<unknown> =>
      (await tree.warm()).faults.map(({ file, reason }) => [file, reason])
    assert.deepEqual(await found(), missing)
    assert.deepEqual(await found(), missing)
    tree.write({ [file.endsWith('.js') ? file : `${file}/p.js`]: dropin('built') })
    assert.deepEqual(tapnames(await tree.find()), ['built'])
    rmSync(tree.at(file), { recursive: true })
    assert.deepEqual(await found(), missing)
  }
})

test('getPlugins notices a file that comes or goes in a folder or a glob of a package', async (t) => {
  for (const plugins of ['./plugins', './plugins/**/*.js']) {
    const tree = new Tree(t)
    tree.write({
      [`${PACK}/package.json`]: manifest('pack', plugins),
      [`${PACK}/plugins/a.js`]: dropin('a'),
    })
    await tree.warm()
    tree.write({ [`${PACK}/plugins/b.js`]: dropin('b') })
    assert.deepEqual(tapnames(await tree.warm()), ['a', 'b'])
    renameSync(tree.at(`${PACK}/plugins/a.js`), tree.at(`${PACK}/plugins/c.js`))
    assert.deepEqual(tapnames(await tree.warm()), ['b', 'a'])
    rmSync(tree.at(`${PACK}/plugins/b.js`))
    assert.deepEqual(tapnames(await tree.warm()), ['a'])
  }
})

test('getPlugins notices a directory that comes below a glob', async (t) => {
  const tree = new Tree(t)
  mkdirSync(tree.at(`${PACK}/lib`), { recursive: true })
  tree.write({ [`${PACK}/package.json`]: manifest('pack', './lib/**/*.plugin.js') })
  assert.deepEqual(tapnames(await tree.warm()), [])
  tree.write({ [`${PACK}/lib/a/b/x.plugin.js`]: dropin('deep') })
  assert.deepEqual(tapnames(await tree.warm()), ['deep'])
})

test('getPlugins takes a link to a file below a glob, as it does in a folder', async (t) => {
  for (const plugins of ['./lib', './lib/*.js', './lib/l*.js']) {
    const tree = new Tree(t)
    tree.write({ [`${PACK}/package.json`]: manifest('pack', plugins) })
    tree.write({ [`${PACK}/src/p.js`]: dropin('linked') })
    mkdirSync(tree.at(`${PACK}/lib`))
    symlinkSync('../src/p.js', tree.at(`${PACK}/lib/l.js`))
    assert.deepEqual(tapnames(await tree.find()), ['linked'])
  }
})

test('getPlugins takes a package.json with a byte order mark', async (t) => {
  const text = `\uFEFF${JSON.stringify(manifest('pack', './x.js'))}`
  assert.deepEqual(await found(t, text, files), { tapnames: ['x-js'], reasons: [] })
})

test('getPlugins does not go around in a circle of links below a glob', async (t) => {
  const tree = new Tree(t)
  tree.write({
    [`${PACK}/package.json`]: manifest('pack', './lib/**/*.js'),
    [`${PACK}/lib/a/x.js`]: dropin('once'),
  })
  symlinkSync('..', tree.at(`${PACK}/lib/a/up`))
  assert.deepEqual(tapnames(await tree.find()), ['once'])
  const cache = readFileSync(tree.at('project/node_modules/.cache/runner/dropin.cache'), 'utf8')
  assert.equal(JSON.parse(cache).content.units[0][1].dropins.length, 1)
})

test('getPlugins takes a folder in a plugins directory for a plugin package, once it is one', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/web/plugins/p.js': dropin('web') })
  assert.deepEqual(tapnames(await tree.warm()), [])
  tree.write({ 'project/plugins/web/package.json': manifest('web') })
  assert.deepEqual(tapnames(await tree.warm()), ['web'])
})

test('getPlugins keeps what a terminal acts on out of the name of a package', async (t) => {
  const tree = new Tree(t)
  tree.write({
    [`${PACK}/package.json`]: manifest('pa\u001b[31mck', undefined, '1\u0007'),
    [`${PACK}/plugins/p.js`]: dropin('p'),
  })
  const { plugins } = await tree.find()
  assert.deepEqual(plugins[0]?.package, { name: 'pa[31mck', version: '1' })
})
