import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { fetchAll } from '../helpers/fetch-all.ts'
import { freePort } from '../helpers/free-port.ts'
import { root } from '../helpers/paths.ts'
import { daemon, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

// It is behind a verb of the command, and none of the door's names.
const built = join(root, 'packages', 'runner', 'dist', 'new-plugin.js')
const { newPlugin } = (await import(pathToFileURL(built).href)) as {
  newPlugin(cwd: string, name: string, language?: 'ts' | 'js'): string
}

type Files = Readonly<Record<string, string>>

function project(t: TestContext, files: Files): string {
  const dir = tempDir(t)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

const MODULE = '{ "type": "module" }'
const USES_TYPESCRIPT = '{ "type": "module", "devDependencies": { "typescript": "7" } }'

const placed: readonly [what: string, files: Files, path: string, language?: 'ts' | 'js'][] = [
  ['no project', {}, 'plugins/hello.js'],
  ['a package', { 'package.json': '{}' }, 'plugins/hello.js'],
  ['a CommonJS package', { 'package.json': '{ "type": "commonjs" }' }, 'plugins/hello.js'],
  ['a package.json that is broken', { 'package.json': '{' }, 'plugins/hello.js'],
  ['a module', { 'package.json': MODULE }, 'plugins/hello.js'],
  ['a module with a tsconfig', { 'package.json': MODULE, 'tsconfig.json': '' }, 'plugins/hello.ts'],
  ['a module that has typescript', { 'package.json': USES_TYPESCRIPT }, 'plugins/hello.ts'],
  [
    'a module that has typescript and a jsconfig',
    { 'package.json': USES_TYPESCRIPT, 'jsconfig.json': '' },
    'plugins/hello.js',
  ],
  [
    'a CommonJS package in TypeScript',
    { 'package.json': '{}', 'tsconfig.json': '' },
    'plugins/hello.ts',
  ],
  ['a module, and js is asked for', { 'package.json': USES_TYPESCRIPT }, 'plugins/hello.js', 'js'],
  ['a module, and ts is asked for', { 'package.json': MODULE }, 'plugins/hello.ts', 'ts'],
]

for (const [what, files, path, language] of placed) {
  test(`a new plugin in ${what} is ${path}`, (t) => {
    const dir = project(t, files)
    assert.equal(newPlugin(dir, 'hello', language), path)
    assert.deepEqual(readdirSync(join(dir, 'plugins')), [path.replace('plugins/', '')])
  })
}

test('a new plugin in a folder of a package goes by the package, and by nothing above it', (t) => {
  const dir = project(t, {
    'tsconfig.json': '',
    'package.json': '{}',
    'js/package.json': MODULE,
    'js/deep/down/x': '',
    'ts/package.json': MODULE,
    'ts/tsconfig.json': '',
    'ts/deep/down/x': '',
  })
  assert.equal(newPlugin(join(dir, 'js/deep/down'), 'hello'), 'plugins/hello.js')
  assert.equal(newPlugin(join(dir, 'ts/deep/down'), 'hello'), 'plugins/hello.ts')
})

for (const taken of ['hello.js', 'hello.mjs', 'hello.cjs', 'hello.ts', 'hello.mts', 'hello.cts']) {
  test(`a new plugin is refused where there is a ${taken}`, (t) => {
    const dir = project(t, { 'package.json': MODULE, [`plugins/${taken}`]: 'mine' })
    const reason = taken === 'hello.js' ? 'it' : `plugins/${taken}`
    assert.throws(() => newPlugin(dir, 'hello'), {
      code: 'ERR_PLUGIN_EXISTS',
      exitStatus: 73,
      message: `cannot create plugins/hello.js: ${reason} exists`,
    })
    assert.equal(readFileSync(join(dir, 'plugins', taken), 'utf8'), 'mine')
    assert.deepEqual(readdirSync(join(dir, 'plugins')), [taken])
  })
}

test('a new plugin is refused where there is a plugin package of its name', (t) => {
  const dir = project(t, { 'plugins/hello/package.json': '{}', 'plugins/hello.txt': '' })
  assert.throws(() => newPlugin(dir, 'hello'), { code: 'ERR_PLUGIN_EXISTS' })
  assert.equal(newPlugin(dir, 'hell'), 'plugins/hell.js')
})

for (const [name, reason] of [
  ['', 'a plugin has no tapname'],
  ['../hello', 'malformed tapname "../hello"'],
  ['a b', 'malformed tapname "a b"'],
  ['stop', 'tapname stop is a verb of runner'],
] as const) {
  test(`a new plugin can't be called ${JSON.stringify(name)}`, (t) => {
    const dir = tempDir(t)
    assert.throws(() => newPlugin(dir, name), {
      code: 'ERR_TAPNAME',
      exitStatus: 64,
      message: `cannot create a plugin: ${reason}`,
    })
    assert.deepEqual(readdirSync(dir), [])
  })
}

for (const [what, files] of [
  ['JavaScript', { 'package.json': MODULE }],
  ['JavaScript of no package', {}],
  ['JavaScript of a CommonJS package', { 'package.json': '{ "type": "commonjs" }' }],
  ['TypeScript', { 'package.json': MODULE, 'tsconfig.json': '{}' }],
  [
    'TypeScript of a CommonJS package',
    { 'package.json': '{ "type": "commonjs" }', 'tsconfig.json': '{}' },
  ],
] as const) {
  test(`a new plugin in ${what} is listed and runs as it is`, async (t) => {
    const cwd = project(t, files)
    newPlugin(cwd, 'my-hello')
    assert.match((await runner([], { cwd })).stdout, /^ {4}my-hello +Says hello\.$/m)
    const port = await freePort()
    await daemon(t, ['my-hello', '--port', `${port}`], { cwd })
    assert.equal(String(await fetchAll(port)), 'hello world\n')
  })
}

test('a new plugin in TypeScript is sound in a strict project', (t) => {
  const tsconfig = {
    types: ['node'],
    strict: true,
    noEmit: true,
    module: 'nodenext',
    verbatimModuleSyntax: true,
  }
  const cwd = project(t, {
    'package.json': MODULE,
    'tsconfig.json': JSON.stringify({ compilerOptions: tsconfig }),
    'node_modules/x': '',
  })
  newPlugin(cwd, 'hello')
  symlinkSync(join(root, 'packages', 'runner'), join(cwd, 'node_modules', 'runnerd'))
  symlinkSync(join(root, 'node_modules', '@types'), join(cwd, 'node_modules', '@types'))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd, encoding: 'utf8' })
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '' })
})
