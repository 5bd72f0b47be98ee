import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { RESERVED_TAPNAMES } from '@runnerd/plugin'
import { root } from '../helpers/paths.ts'
import type { Ended } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const own = join(root, 'packages', 'create-runner-plugin')

async function create(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Omit<Ended, 'signal'>> {
  const child = spawn(process.execPath, [join(own, 'dist', 'main.js'), ...args], {
    cwd,
    env: { ...process.env, npm_config_template: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const status = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: await status, stdout, stderr }
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).version
}

const refused: readonly [args: string[], line: string, hint?: string][] = [
  [[], 'cannot create a plugin: no name given', 'npm create runner-plugin NAME'],
  [
    ['hello', '--template', 'udp'],
    'cannot create a plugin: unknown template "udp"',
    'the templates are tcp, http, timer, js',
  ],
  [
    ['hello', 'http'],
    'cannot create a plugin: unexpected argument "http"',
    'options come after --: npm create runner-plugin hello -- --template tcp',
  ],
  [
    ['hello', '--port'],
    'cannot create a plugin: unknown option --port',
    'npm create runner-plugin -- --help',
  ],
  [
    ['hello', '--template'],
    'cannot create a plugin: option -t, --template <value> argument missing',
    'npm create runner-plugin -- --help',
  ],
  ...['', 'two words', '.', '..', './hello', 'a/b', '@acme', '@acme/', '@/hello', '@a b/hello'].map(
    (name): [string[], string, string] => [
      [name],
      `cannot create ${JSON.stringify(name)}: malformed name`,
      'letters, digits, ".", "_" and "-", a letter or a digit first; or @SCOPE/NAME',
    ],
  ),
  [
    ['Hello'],
    'cannot create Hello: npm takes names in lower case only',
    'npm create runner-plugin hello',
  ],
  [['http'], 'cannot create http: the name is taken', 'npm create runner-plugin @YOUR-SCOPE/http'],
  [
    ['runnerd'],
    'cannot create runnerd: the name is taken',
    'npm create runner-plugin @YOUR-SCOPE/runnerd',
  ],
  [
    ['a'.repeat(215)],
    `cannot create ${'a'.repeat(215)}: npm takes names of at most 214 characters`,
  ],
  [['stop'], 'cannot create stop: stop is a verb of runner'],
  [['@acme/stop'], 'cannot create @acme/stop: stop is a verb of runner'],
]

for (const [args, line, hint] of refused) {
  test(`create-runner-plugin ${JSON.stringify(args.join(' ').slice(0, 40))} is a usage error`, async (t) => {
    const dir = tempDir(t)
    assert.deepEqual(await create(dir, args), {
      status: 64,
      stdout: '',
      stderr: `create-runner-plugin: ${line}\n${hint === undefined ? '' : `hint: ${hint}\n`}`,
    })
    assert.deepEqual(readdirSync(dir), [])
  })
}

test('a directory that is not empty stays as it is', async (t) => {
  const dir = tempDir(t)
  mkdirSync(join(dir, 'hello'))
  writeFileSync(join(dir, 'hello', 'mine'), 'mine')
  assert.deepEqual(await create(dir, ['hello']), {
    status: 73,
    stdout: '',
    stderr: 'create-runner-plugin: cannot create hello: the directory is not empty\n',
  })
  assert.deepEqual(readdirSync(dir, { recursive: true }).sort(), ['hello', 'hello/mine'])
})

for (const [what, put] of [
  ['a file', (path: string) => writeFileSync(path, 'mine')],
  ['a link that leads nowhere', (path: string) => symlinkSync('nowhere', path)],
] as const) {
  test(`${what} in the way stays as it is`, async (t) => {
    const dir = tempDir(t)
    put(join(dir, 'hello'))
    assert.deepEqual(await create(dir, ['hello']), {
      status: 73,
      stdout: '',
      stderr: 'create-runner-plugin: cannot create hello: a file of that name is in the way\n',
    })
    assert.deepEqual(readdirSync(dir), ['hello'])
  })
}

test('an empty directory is filled, and is as open as any other', async (t) => {
  const dir = tempDir(t)
  mkdirSync(join(dir, 'hello'))
  mkdirSync(join(dir, 'other'))
  const { status, stderr } = await create(dir, ['hello'])
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  assert.deepEqual(readdirSync(dir), ['hello', 'other'])
  assert.equal(statSync(join(dir, 'hello')).mode, statSync(join(dir, 'other')).mode)
  assert.ok(readdirSync(join(dir, 'hello')).includes('.gitignore'))
})

test('the next steps are printed, and npm is not run', async (t) => {
  const dir = tempDir(t)
  assert.deepEqual(await create(dir, ['@acme/hello', '-t', 'http']), {
    status: 0,
    stdout: `Made hello, a plugin package for runner. Next:

  cd hello
  npm install
  npm run build
  npx runner hello --help
  npx runner --nodaemon hello
`,
    stderr: '',
  })
  const manifest = JSON.parse(readFileSync(join(dir, 'hello', 'package.json'), 'utf8'))
  assert.equal(manifest.name, '@acme/hello')
  assert.ok(!readdirSync(join(dir, 'hello')).includes('node_modules'))
})

for (const template of ['tcp', 'http', 'timer', 'js']) {
  test(`a plugin made from ${template} asks for the runnerd of this version`, async (t) => {
    const dir = tempDir(t)
    const name = '@acme/my.hello-2_x'
    assert.equal((await create(dir, [name, '--template', template])).status, 0)
    const range = `^${versionOf('runner')}`
    const made = join(dir, 'my.hello-2_x')
    const manifest = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'))
    assert.equal(manifest.name, name)
    assert.deepEqual(manifest.peerDependencies, { runnerd: range })
    assert.equal(manifest.devDependencies.runnerd, range)
    assert.equal(manifest.devDependencies['@runnerd/testkit'], range)
    for (const entry of readdirSync(made, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name)
      assert.doesNotMatch(path, /__/)
      if (entry.isFile()) assert.doesNotMatch(readFileSync(path, 'utf8'), /\{\{|__/, path)
    }
  })
}

test('--template before which npm has no -- is taken from where npm keeps it', async (t) => {
  const dir = tempDir(t)
  await create(dir, ['hello'], { npm_config_template: 'timer' })
  assert.match(readFileSync(join(dir, 'hello', 'src', 'plugin.ts'), 'utf8'), /TimerService/)
  await create(dir, ['other'], { npm_config_template: 'true' })
  assert.match(readFileSync(join(dir, 'other', 'src', 'plugin.ts'), 'utf8'), /listenService/)
})

test('--help and --version are answered on stdout', async (t) => {
  const dir = tempDir(t)
  const help = await create(dir, ['--help'])
  assert.match(help.stdout, /^Usage: npm create runner-plugin NAME/)
  assert.deepEqual([help.status, help.stderr], [0, ''])
  assert.deepEqual(await create(dir, ['--version']), {
    status: 0,
    stdout: `create-runner-plugin ${versionOf('create-runner-plugin')}\n`,
    stderr: '',
  })
})

test('create-runner-plugin has the version of runnerd', () => {
  assert.equal(versionOf('create-runner-plugin'), versionOf('runner'))
})

test('create-runner-plugin knows the tapnames that are reserved', async () => {
  const built = pathToFileURL(join(own, 'dist', 'reserved-tapnames.js')).href
  assert.deepEqual(
    [...(await import(built)).RESERVED_TAPNAMES].sort(),
    [...RESERVED_TAPNAMES].sort(),
  )
})

test('runner-plugin- is of the package and not of what is typed', async (t) => {
  const dir = tempDir(t)
  const { status, stdout } = await create(dir, ['@acme/runner-plugin-hello'])
  assert.equal(status, 0)
  assert.match(
    stdout,
    /^Made runner-plugin-hello, .*\n\n {2}cd runner-plugin-hello\n(.*\n)*.*runner hello --help\n/,
  )
  const made = join(dir, 'runner-plugin-hello')
  const manifest = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'))
  assert.equal(manifest.name, '@acme/runner-plugin-hello')
  assert.match(readFileSync(join(made, 'src', 'plugin.ts'), 'utf8'), /tapname: 'hello'/)
})

test('the testkit has the version that new plugins ask for', () => {
  assert.equal(versionOf('testkit'), versionOf('create-runner-plugin'))
})
