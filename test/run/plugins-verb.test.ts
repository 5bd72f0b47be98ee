import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { pastTick } from '../plugin/tree.ts'

/** A project with one plugin of each fate; returns its directory. */
function project(t: TestContext): string {
  const cwd = tempDir(t)
  write(cwd, {
    'package.json': '{"type":"module"}',
    'plugins/hello.js': dropin('hello', 'Says hello.'),
    'plugins/broken.js': `throw new Error('I am \\u001b[31mbroken')`,
    'plugins/helper.js': 'export const nothing = 1',
    'plugins/notes.txt': 'no dropin',
    'plugins/bare/README': '',
    'node_modules/@acme/verse/package.json': pack('@acme/verse', '1.2.3', '^0.1.0'),
    'node_modules/@acme/verse/plugins/p.js': dropin('hello', "Acme's."),
    'node_modules/future/package.json': pack('future', '4.5.6', '^9.0.0'),
    'node_modules/future/plugins/p.js': `throw new Error('not to be imported')`,
    'node_modules/loose/package.json':
      '{"name":"loose","version":"1.0.0","type":"module","runner":{}}',
    'node_modules/loose/plugins/p.js': dropin('loose', 'Needs any.'),
    'node_modules/plain/package.json': '{"name":"plain"}',
  })
  return cwd
}

function write(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
}

function dropin(tapname: string, description: string): string {
  return `export const maker = { tapname: '${tapname}', description: ${JSON.stringify(description)}, makeService() {} }\n`
}

function pack(name: string, version: string, needs: string): string {
  const peerDependencies = { runnerd: needs }
  return JSON.stringify({ name, version, type: 'module', runner: {}, peerDependencies })
}

test('plugins list --json tells of each plugin all that a script needs', async (t) => {
  const cwd = project(t)
  const { status, stdout, stderr } = await runner(['plugins', 'list', '--json'], { cwd })
  const hello = join(cwd, 'plugins', 'hello.js')
  const modules = join(cwd, 'node_modules')
  assert.deepEqual([status, stderr], [0, ''])
  assert.deepEqual(JSON.parse(stdout), [
    { tapname: 'hello', description: 'Says hello.', path: hello, package: null, version: null },
    {
      tapname: 'loose',
      description: 'Needs any.',
      path: join(modules, 'loose/plugins/p.js'),
      package: 'loose',
      version: '1.0.0',
    },
    {
      tapname: 'hello',
      description: "Acme's.",
      path: join(modules, '@acme/verse/plugins/p.js'),
      package: '@acme/verse',
      version: '1.2.3',
      shadowedBy: hello,
    },
    {
      tapname: null,
      description: null,
      path: join(modules, 'future/plugins/p.js'),
      package: 'future',
      version: '4.5.6',
      incompatible: 'it needs runnerd ^9.0.0, this is runnerd 0.1.0',
    },
    {
      tapname: null,
      description: null,
      path: join(cwd, 'plugins/broken.js'),
      package: null,
      version: null,
      error: 'I am [31mbroken',
    },
  ])
})

test('plugins list names package, file and fate of each', async (t) => {
  const cwd = project(t)
  const { status, stdout } = await runner(['plugins', 'list'], { cwd })
  assert.equal(status, 0)
  assert.ok(stdout.startsWith(`hello            Says hello.\n    ${cwd}/plugins/hello.js\n`))
  assert.ok(stdout.includes('/verse/plugins/p.js (@acme/verse 1.2.3)\n    shadowed by '))
  assert.ok(stdout.includes('    incompatible: it needs runnerd ^9.0.0, this is runnerd 0.1.0\n'))
  assert.ok(stdout.endsWith("broken.js\n    can't be read: I am [31mbroken\n"))
  assert.equal((await runner(['plugins'], { cwd })).stdout, stdout, 'it is what plugins means')
})

test('plugins list finds what --plugin-path and RUNNER_PLUGIN_PATH add, and nothing is no error', async (t) => {
  const cwd = tempDir(t)
  write(cwd, { 'more/hello.mjs': dropin('hello', 'More.') })
  const none = await runner(['plugins', 'list'], { cwd })
  assert.deepEqual([none.status, none.stdout], [0, 'No plugins found.\n'])
  const json = await runner(['plugins', 'list', '--json'], { cwd })
  assert.deepEqual(JSON.parse(json.stdout), [])
  const option = await runner(['--plugin-path', 'more', 'plugins', 'list'], { cwd })
  assert.match(option.stdout, /^hello {12}More\./)
  const variable = await runner(['plugins'], { cwd, env: { RUNNER_PLUGIN_PATH: 'more' } })
  assert.equal(variable.stdout, option.stdout)
})

test('plugins why says which runs, where it looked, and what shadows or breaks the others', async (t) => {
  const cwd = project(t)
  const hello = await runner(['plugins', 'why', 'hello'], { cwd })
  assert.equal(hello.status, 0)
  assert.ok(hello.stdout.startsWith(`runner hello runs ${cwd}/plugins/hello.js\n\nLooked in, `))
  assert.ok(hello.stdout.includes(`  ${cwd}/plugins (the project): 1 plugin\n`))
  assert.ok(hello.stdout.includes(`${cwd}/plugins/hello.js: the first hello, so it runs\n`))
  assert.ok(hello.stdout.includes(`/p.js: shadowed by ${cwd}/plugins/hello.js\n`))
  assert.ok(hello.stdout.includes('/node_modules (installed for the project): not there\n'))
  const other = await runner(['plugins', 'why', '@acme/verse:hello'], { cwd })
  assert.match(
    other.stdout,
    /^runner @acme\/verse:hello runs .*verse\/plugins\/p\.js \(@acme\/verse 1\.2\.3\)/,
  )
})

const misses: [name: string, expected: RegExp][] = [
  ['hallo', /^There is no plugin hallo to run; did you mean hello\?/],
  ['broken', /broken\.js: can't be read: I am \[31mbroken\n/],
  ['future', /future\/plugins\/p\.js: incompatible: it needs runnerd \^9\.0\.0, this is runnerd/],
  ['helper', /helper\.js: it exports no service maker\n/],
  ['notes', /notes\.txt: no dropin: not a \.js /],
  ['bare', /plugins\/bare: no plugin package: it has no package\.json\n/],
  ['plain', /node_modules\/plain: no plugin package: its package\.json says nothing of "runner"\n/],
  ['status', /^status can't be the name of a plugin: tapname status is a verb of runner\n/],
  ['no name', /^no name can't be the name of a plugin: malformed tapname "no name"\n/],
]

for (const [name, expected] of misses) {
  test(`plugins why ${name} says why it isn't listed, and ends like running it`, async (t) => {
    const { status, stdout } = await runner(['plugins', 'why', name], { cwd: project(t) })
    assert.match(stdout, expected)
    assert.equal(status, 64)
  })
}

test('plugins why finds a package that became one by hand, and refresh lists it', async (t) => {
  const cwd = project(t)
  await runner([], { cwd })
  // Twice: a node_modules that has only just changed is looked at once more.
  await runner([], { cwd })
  write(cwd, {
    'node_modules/plain/package.json': pack('plain', '1.0.0', '*'),
    'node_modules/plain/plugins/p.mjs': dropin('plain', 'Now.'),
  })
  const { stdout } = await runner(['plugins', 'why', 'plain'], { cwd })
  if (!stdout.startsWith('runner plain runs')) {
    assert.match(
      stdout,
      /it was no plugin package when it was installed; see runner plugins refresh/,
    )
  }
  const refreshed = await runner(['plugins', 'refresh'], { cwd })
  assert.deepEqual([refreshed.status, refreshed.stdout], [0, '4 plugins\n'])
  assert.match(refreshed.stderr, /^runner: cannot read plugin .*broken\.js: I am \[31mbroken\n/)
  assert.match((await runner([], { cwd })).stdout, /plain {12}Now\./)
})

test('plugins doctor names each fault with its reason and what mends it, and its status tells', async (t) => {
  const cwd = project(t)
  const { status, stdout } = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(status, 78)
  assert.match(stdout, /^2 plugins can be run, 2 things are wrong\.\n/)
  assert.match(
    stdout,
    /broken\.js\n {2}reason: I am \[31mbroken\n {2}fix: {4}.*node .*broken\.js\n/,
  )
  assert.match(
    stdout,
    /future\/plugins\/p\.js \(future 4\.5\.6\)\n {2}reason: it needs runnerd \^9\.0\.0, .*\n {2}fix: {4}Install a future /,
  )
  assert.match(
    stdout,
    /Worth knowing:\n(.*\n)*.*hello is shadowed by .*; runner @acme\/verse:hello runs it\n/,
  )
  assert.match(stdout, / {2}loose 1\.0\.0: does not say which runnerd it needs/)
})

test('plugins doctor is content where nothing is wrong', async (t) => {
  const cwd = tempDir(t)
  write(cwd, { 'plugins/hello.mjs': dropin('hello', 'Hello.') })
  const { status, stdout, stderr } = await runner(['plugins', 'doctor'], { cwd })
  assert.deepEqual([status, stdout, stderr], [0, '1 plugin can be run, nothing is wrong.\n', ''])
})

const faults: [
  what: string,
  files: Readonly<Record<string, string>>,
  reason: RegExp,
  fix: RegExp,
][] = [
  ['no tapname', { 'a.mjs': dropin('', 'A.') }, /has no tapname/, /Give it a tapname/],
  ['a verb', { 'a.mjs': dropin('stop', 'A.') }, /tapname stop is a verb/, /Give it a tapname/],
  [
    'no description',
    { 'a.mjs': dropin('a', '') },
    /plugin a has no description/,
    /Give it a description/,
  ],
  [
    'code for options',
    {
      'a.mjs': `export const a = { tapname: 'a', description: 'A.', options: { x: { default: () => 1 } }, makeService() {} }`,
    },
    /plugin a: option x: default is code/,
    /must be JSON data/,
  ],
  [
    'a missing package',
    { 'a.mjs': `import '@acme/none/x.js'` },
    /Cannot find package '@acme\/none'/,
    /npm install @acme\/none$/m,
  ],
  [
    'a missing file',
    { 'a.mjs': `import './none.js'` },
    /Cannot find module/,
    /Build what it imports/,
  ],
  ['an exit', { 'a.mjs': `process.exit(3)` }, /it exited with status 3/, /A dropin only declares/],
  [
    'a bad package.json',
    { 'a/package.json': '{"runner": oops' },
    /package\.json is not JSON/,
    /Correct its package\.json/,
  ],
  [
    'a missing build',
    { 'a/package.json': '{"runner":{"plugins":"./dist/p.js"}}' },
    /no such file/,
    /Build the package/,
  ],
]

for (const [what, files, reason, fix] of faults) {
  test(`plugins doctor knows what mends ${what}`, async (t) => {
    const cwd = tempDir(t)
    mkdirSync(join(cwd, 'plugins'))
    write(join(cwd, 'plugins'), files)
    const { status, stdout } = await runner(['plugins', 'doctor'], { cwd })
    assert.equal(status, 78)
    assert.match(/reason: (.*)/.exec(stdout)?.[1] ?? '', reason)
    assert.match(/fix: {4}(.*)/.exec(stdout)?.[1] ?? '', fix)
  })
}

test('plugins doctor says which directory is not used, and the command that mends it', async (t) => {
  const cwd = tempDir(t)
  write(cwd, { 'plugins/hello.mjs': dropin('hello', 'Hello.') })
  chmodSync(join(cwd, 'plugins'), 0o777)
  const { status, stdout } = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(status, 78)
  assert.ok(stdout.includes('reason: not used: everybody may write to it'))
  const fix = /fix: {4}(.*)/.exec(stdout)![1]!
  assert.equal(fix, `chmod o-w ${cwd}/plugins`)
  const list = await runner([], { cwd })
  assert.equal(
    list.stderr,
    `runner: cannot read plugin ${cwd}/plugins: not used: everybody may write to it\n`,
  )
  assert.equal((await runner(['hello'], { cwd })).status, 64)
  chmodSync(join(cwd, 'plugins'), 0o755)
  assert.equal((await runner(['plugins', 'doctor'], { cwd })).status, 0)
})

test('plugins paths prints the module path in order, with what came of each', async (t) => {
  const cwd = project(t)
  mkdirSync(join(cwd, 'open'), { mode: 0o777 })
  chmodSync(join(cwd, 'open'), 0o777)
  const { status, stdout } = await runner(['--plugin-path', 'open', 'plugins', 'paths'], { cwd })
  assert.equal(status, 0)
  const lines = stdout.split('\n')
  assert.deepEqual(lines.slice(0, 3), [
    `${cwd}/open (--plugin-path or RUNNER_PLUGIN_PATH): not used, everybody may write to it`,
    `${cwd}/plugins (the project): 1 plugin`,
    `${cwd}/node_modules (installed for the project): 2 plugins`,
  ])
})

test('plugins build writes what a package ships, checks it, and says what is wrong', async (t) => {
  const cwd = tempDir(t)
  const manifest = {
    name: 'hello',
    version: '1.0.0',
    type: 'module',
    runner: { plugins: './dist/*.js' },
  }
  write(cwd, {
    'package.json': JSON.stringify(manifest),
    'dist/hello.js': dropin('hello', 'Hello.'),
  })
  const check = (): ReturnType<typeof runner> => runner(['plugins', 'build', '--check'], { cwd })
  const missing = await check()
  assert.deepEqual(
    [missing.status, missing.stderr],
    [
      78,
      `runner: cannot use ${cwd}/dist/dropin.json: it is missing or out of date\nhint: run runner plugins build\n`,
    ],
  )
  const built = await runner(['plugins', 'build'], { cwd })
  assert.deepEqual([built.status, built.stdout], [0, 'wrote dist/dropin.json: hello\n'])
  assert.match(built.stderr, /^hint: say which runner the package needs: .*"runnerd": "\^0\.1\.0"/)
  assert.deepEqual(
    [(await check()).status, (await check()).stdout],
    [0, 'up to date: dist/dropin.json: hello\n'],
  )
  write(cwd, { 'dist/hello.js': dropin('hello', 'Other.') })
  assert.equal((await check()).status, 78)
  write(cwd, { 'package.json': JSON.stringify({ ...manifest, files: ['lib', 'dist/*.js'] }) })
  const left = await runner(['plugins', 'build'], { cwd })
  assert.equal(left.status, 78)
  assert.equal(
    left.stderr,
    'runner: cannot build dist/dropin.json: "files" in package.json leaves it out\n',
  )
  for (const files of [
    ['dist'],
    ['./dist/'],
    ['dist/**'],
    ['*'],
    ['**/*.js', '**/*.json'],
    undefined,
  ]) {
    write(cwd, { 'package.json': JSON.stringify({ ...manifest, files }) })
    assert.equal((await runner(['plugins', 'build'], { cwd })).status, 0, String(files))
  }
})

test('plugins build writes nothing when a dropin is broken, none is there, or none is a plugin', async (t) => {
  const cwd = tempDir(t)
  const none = await runner(['plugins', 'build'], { cwd })
  assert.equal(none.status, 66)
  assert.match(none.stderr, /^runner: cannot build manifests in .*: no dropins found\nhint: /)
  write(cwd, {
    'package.json': '{"name":"a","type":"module","runner":{"plugins":["./a.js","./b.js"]}}',
    'a.js': dropin('a', 'A.'),
    'b.js': `throw new Error('broken')`,
  })
  const broken = await runner(['plugins', 'build'], { cwd })
  assert.deepEqual(
    [broken.status, broken.stdout, broken.stderr],
    [78, '', `runner: cannot build ${cwd}/b.js: broken\n`],
  )
  assert.ok(!existsSync(join(cwd, 'dropin.json')))
  write(cwd, { 'a.js': 'export {}', 'b.js': 'export {}' })
  const silent = await runner(['plugins', 'build'], { cwd })
  assert.equal(silent.status, 78)
  assert.match(silent.stderr, /none of its dropins exports a service maker/)
})

test('plugins build prepares a project for an image', async (t) => {
  const cwd = project(t)
  const broken = await runner(['plugins', 'build'], { cwd })
  assert.equal(broken.status, 78)
  write(cwd, { 'plugins/broken.js': '' })
  const { status, stdout } = await runner(['plugins', 'build'], { cwd })
  assert.equal(status, 0)
  assert.equal(
    stdout,
    'wrote plugins/dropin.json: hello\nwrote node_modules/.dropin.json: loose, hello\n',
  )
  assert.match(readFileSync(join(cwd, 'plugins/dropin.json'), 'utf8'), /"runner": "0\.1\.0"/)
})

test('what plugins is called with wrongly is one line, a hint, and 64', async (t) => {
  const cwd = tempDir(t)
  const wrong: [string[], RegExp][] = [
    [['lst'], /^runner: cannot run plugins lst: no such command\nhint: did you mean list\?\n$/],
    [['constructor'], /^runner: cannot run plugins constructor: no such command\nhint: .*\n$/],
    [['why'], /^runner: cannot run plugins why: no NAME given\nhint: .*\n$/],
    [['list', 'x'], /^runner: cannot run plugins list: unexpected argument "x"\nhint: .*\n$/],
    [['list', '--jsn'], /^runner: cannot run plugins list: unknown option --jsn.*\nhint: .*\n$/],
  ]
  for (const [args, expected] of wrong) {
    const { status, stdout, stderr } = await runner(['plugins', ...args], { cwd })
    assert.deepEqual([status, stdout], [64, ''])
    assert.match(stderr, expected)
  }
  for (const args of [['--help'], ['list', '--help']]) {
    const { status, stdout, stderr } = await runner(['plugins', ...args], { cwd })
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^Usage: runner \[options\] plugins \[command\]\n/)
  }
})

test('an incompatible plugin is one line in a list, and 78 when it is run', async (t) => {
  const cwd = project(t)
  const list = await runner([], { cwd })
  assert.equal(list.status, 0)
  assert.ok(
    list.stderr.includes(
      'future/plugins/p.js: incompatible: it needs runnerd ^9.0.0, this is runnerd 0.1.0\n',
    ),
  )
  const run = await runner(['future'], { cwd })
  assert.deepEqual(
    [run.status, run.stderr],
    [
      78,
      'runner: cannot run future: future 4.5.6 is incompatible: it needs runnerd ^9.0.0, this is runnerd 0.1.0\n',
    ],
  )
})

test('a plugin that somebody else may write to between a list and a run is not run', async (t) => {
  const cwd = project(t)
  await pastTick()
  await runner([], { cwd })
  await pastTick()
  await runner([], { cwd })
  chmodSync(join(cwd, 'node_modules/loose'), 0o777)
  const { status, stderr } = await runner(['loose'], { cwd })
  assert.equal(status, 77)
  assert.match(
    stderr,
    /^runner: cannot run loose: .*node_modules\/loose: everybody may write to it\nhint: /,
  )
  const said = `${cwd}/node_modules/loose: everybody may write to it`
  const doctor = await runner(['plugins', 'doctor'], { cwd })
  assert.ok(doctor.stdout.includes(`  reason: not run, ${said}\n`), doctor.stdout)
  assert.ok(doctor.stdout.includes(`  fix:    chmod o-w ${cwd}/node_modules/loose\n`))
  assert.match(doctor.stdout, /^1 plugin can be run, 3 things are wrong\./)
  const why = await runner(['plugins', 'why', 'loose'], { cwd })
  assert.deepEqual([why.status, why.stdout.split('\n')[1]], [77, `It is not run: ${said}`])
  const list = await runner(['plugins', 'list'], { cwd })
  assert.ok(list.stdout.includes(`(loose 1.0.0)\n    not run, ${said}\n`), list.stdout)
})

test('plugins doctor tells of a dropin that is no plugin, and of plugins that is a file', async (t) => {
  const cwd = tempDir(t)
  write(cwd, {
    'plugins/hello.mjs': `import './helper.mjs'\n${dropin('hello', 'Hello.')}`,
    'plugins/helper.mjs': 'export const nothing = 1',
    'plugins/forgot.mjs': 'export const nothing = 1',
  })
  const { status, stdout } = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(status, 0)
  const [, remarks] = stdout.split('Worth knowing:\n')
  assert.equal(
    remarks,
    `  ${cwd}/plugins/forgot.mjs: it exports no service maker, so it is no plugin\n`,
  )
  rmSync(join(cwd, 'plugins'), { recursive: true })
  write(cwd, { plugins: '' })
  const odd = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(odd.status, 78)
  assert.ok(odd.stdout.includes(`${cwd}/plugins\n  reason: it is no directory\n`), odd.stdout)
  assert.equal((await runner([], { cwd })).stderr, '')
})

test('plugins doctor tells of a need that is no range of versions', async (t) => {
  const cwd = tempDir(t)
  write(cwd, {
    'node_modules/vague/package.json': pack('vague', '1.0.0', 'garbage!!'),
    'node_modules/vague/plugins/p.js': dropin('vague', 'Vague.'),
    'node_modules/clear/package.json': pack('clear', '1.0.0', 'workspace:*'),
    'node_modules/clear/plugins/p.js': dropin('clear', 'Clear.'),
  })
  const { status, stdout } = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(status, 0)
  const said =
    'vague 1.0.0: needs runnerd "garbage!!", which is no range of versions, so any is taken'
  assert.ok(stdout.endsWith(`Worth knowing:\n  ${said}\n`), stdout)
})

test('what is typed, and what a file is called, is one line of plain text', async (t) => {
  const cwd = tempDir(t)
  const odd = 'a\u001b[31mb\nrunner: zz\u202e'
  write(cwd, { [`plugins/${odd}.mjs`]: `throw new Error('x')`, 'package.json': '{}' })
  const typed = await runner([odd], { cwd })
  assert.equal(typed.status, 64)
  for (const args of [[], ['plugins', 'list'], ['plugins', 'doctor'], ['plugins', 'why', odd]]) {
    const { stdout, stderr } = await runner(args, { cwd })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    assert.doesNotMatch(stdout + stderr + typed.stderr, /[\u0000-\u0009\u000b-\u001f\u202e]/)
    assert.doesNotMatch(stdout + stderr + typed.stderr, /^runner: zz/m)
  }
  assert.equal((await runner([], { cwd })).stderr.trim().split('\n').length, 1)
})

test('a plugin is not run when everybody may write to what it imports, and doctor says so', async (t) => {
  const cwd = tempDir(t)
  const lib = join(cwd, 'lib', 'it is.mjs')
  write(cwd, {
    'lib/it is.mjs': 'export const text = "Hello."',
    'plugins/hello.mjs': `import { text } from '../lib/it is.mjs'\n${dropin('hello', 'Hello.')}`,
  })
  await runner([], { cwd })
  chmodSync(lib, 0o666)
  const { status, stderr } = await runner(['hello'], { cwd })
  assert.equal(status, 77)
  assert.ok(stderr.startsWith(`runner: cannot run hello: ${lib}: everybody may write to it\n`))
  const doctor = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(doctor.status, 78)
  assert.ok(doctor.stdout.includes(`  fix:    chmod o-w '${lib}'\n`), doctor.stdout)
})

test('what jiti has transformed is not believed where everybody may write to it', async (t) => {
  for (const what of ['file', 'directory']) {
    const cwd = tempDir(t)
    const env = { RUNNER_CACHE_DIR: join(cwd, 'cache') }
    // No Node runs an enum as it is.
    const source = `enum It { Is = 'it' }\n${dropin('hello', 'Hello.')}`
    write(cwd, { 'package.json': '{"type":"module"}', 'plugins/hello.ts': source })
    await runner([], { cwd, env })
    const dir = join(cwd, 'cache/jiti')
    const [name = ''] = readdirSync(dir)
    const file = join(dir, name)
    const planted = `require('node:fs').writeFileSync(${JSON.stringify(join(cwd, 'ran'))}, '');`
    writeFileSync(file, planted + readFileSync(file, 'utf8'))
    chmodSync(what === 'file' ? file : dir, 0o777)
    const list = await runner(['plugins', 'refresh'], { cwd, env })
    assert.deepEqual([list.stdout, list.stderr], ['1 plugin\n', ''])
    assert.ok(!existsSync(join(cwd, 'ran')), what)
    const doctor = await runner(['plugins', 'doctor'], { cwd, env })
    assert.equal(doctor.status, 78)
    const fix = what === 'file' ? `rm ${file}` : `chmod o-w ${dir}`
    assert.ok(doctor.stdout.includes(`  fix:    ${fix}\n`), doctor.stdout)
  }
})

test('plugins doctor names a cache that somebody else could have written, till it is gone', async (t) => {
  const cwd = tempDir(t)
  write(cwd, { 'plugins/hello.mjs': dropin('hello', 'Hello.') })
  await runner([], { cwd })
  const cache = join(cwd, 'plugins/dropin.cache')
  const planted = readFileSync(cache, 'utf8').replaceAll('Hello.', 'Planted.')
  writeFileSync(cache, planted)
  chmodSync(cache, 0o666)
  for (const _ of [1, 2]) {
    const list = await runner([], { cwd })
    assert.match(list.stdout, /hello {12}Hello\./)
    assert.equal(list.stderr, '')
  }
  assert.equal(readFileSync(cache, 'utf8'), planted, 'it is evidence')
  const { status, stdout } = await runner(['plugins', 'doctor'], { cwd })
  assert.equal(status, 78)
  assert.ok(stdout.includes(`${cache}\n  reason: not believed: everybody may write to it\n`))
  assert.ok(stdout.includes(`  fix:    rm ${cache}\n`))
  rmSync(cache)
  assert.equal((await runner(['plugins', 'doctor'], { cwd })).status, 0)
})

test('plugins new writes a plugin that is listed at once, and never over another', async (t) => {
  const cwd = tempDir(t)
  const made = await runner(['plugins', 'new', 'hello'], { cwd })
  assert.deepEqual([made.status, made.stderr], [0, ''])
  assert.equal(made.stdout, 'wrote plugins/hello.js\nhint: runner hello --help shows its options\n')
  const help = await runner(['hello', '--help'], { cwd })
  assert.match(help.stdout, /^ +--name +Whom to greet\. +\[string\] \[default: "world"\]$/m)
  const again = await runner(['plugins', 'new', 'hello', '--language', 'ts'], { cwd })
  assert.deepEqual(
    [again.status, again.stderr],
    [73, 'runner: cannot create plugins/hello.ts: plugins/hello.js exists\n'],
  )
  const other = await runner(['plugins', 'new', 'other', '--language', 'ts'], { cwd })
  assert.match(other.stdout, /^wrote plugins\/other\.ts\n/)
  assert.match((await runner([], { cwd })).stdout, /^ {4}hello .*\n {4}other /m)
  const bad = await runner(['plugins', 'new', 'status'], { cwd })
  assert.equal(bad.status, 64)
  assert.match(bad.stderr, /^runner: cannot create a plugin: tapname status is a verb of runner\n/)
  const no = await runner(['plugins', 'new', 'x', '--language', 'perl'], { cwd })
  assert.equal(no.status, 64)
})
