import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ourPlugins } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }
const DASHES = 'runner export ENGINE [engine options] -- [runner options] PLUGIN [plugin options]'

/** A plugin that has a say in whether it is made, and prints. */
const FUSSY = `import { defineServiceMaker, Service } from 'runnerd'
class Starter extends Service { startsProcesses = true }
export const fussy = defineServiceMaker({
  tapname: 'fussy',
  description: 'Is made only if it likes to be.',
  options: { mood: { type: 'string', default: 'good' } },
  makeService({ mood }) {
    console.log('made by fussy')
    if (mood === 'bad') throw Object.assign(new Error('cannot be in a bad mood'), { exitStatus: 78 })
    if (mood === 'leaving') process.exit(0)
    return mood === 'busy' ? new Starter() : new Service()
  },
})
`

function fussyIn(cwd: string): void {
  mkdirSync(join(cwd, 'plugins'), { recursive: true })
  writeFileSync(join(cwd, 'plugins', 'fussy.js'), FUSSY)
}

test('an export that names no engine, or none that there is, says which there are', async (t) => {
  const cwd = tempDir(t)
  const hint = /^hint: there (is|are) .*systemd/m
  for (const [args, line] of [
    [[], 'cannot export: no engine named'],
    [['--', 'web'], 'cannot export: no engine named'],
    [['nomad', '--', 'web'], 'cannot export to "nomad": there is no such engine'],
  ] as const) {
    const { status, stdout, stderr } = await runner(['export', ...args], { cwd })
    assert.deepEqual([status, stdout], [64, ''])
    assert.equal(stderr.split('\n')[0], `runner: ${line}`)
    assert.match(stderr, hint)
  }
})

test('runner export and each engine have a help, and unknown options are refused', async (t) => {
  const cwd = tempDir(t)
  const help = await runner(['export', '--help'], { cwd })
  assert.deepEqual([help.status, help.stderr], [0, ''])
  assert.match(help.stdout, /^Usage: runner export ENGINE .*\n/)
  assert.match(help.stdout, /^ {2}systemd +A service unit/m)
  const engine = await runner(['export', 'systemd', '--help'], { cwd })
  assert.deepEqual([engine.status, engine.stderr], [0, ''])
  for (const option of ['--name', '--user', '--out', '--socket']) {
    assert.ok(engine.stdout.includes(option), option)
  }
  const unknown = await runner(['export', 'systemd', '--workers', '2', 'web'], { cwd })
  assert.equal(unknown.status, 64)
  assert.equal(
    unknown.stderr,
    'runner: cannot export to systemd: unknown option --workers\n' +
      'hint: runner export systemd --help lists the options; those of runner follow --\n',
  )
})

test('an empty word of an engine, or one that would begin another line, is refused', async (t) => {
  const cwd = tempDir(t)
  const words = ['--', 'fastpoetry', '--poem', 'x']
  for (const [engine, option, value, reason] of [
    ['compose', 'image', '', 'needs a value that is not empty'],
    ['compose', 'out', '', 'needs a value that is not empty'],
    ['kubernetes', 'namespace', '', 'needs a value that is not empty'],
    ['systemd', 'writable', '', 'needs a value that is not empty'],
    ['systemd', 'directory', '', 'needs a value that is not empty'],
    ['dockerfile', 'base', 'a\nUSER x', 'can have no control character: "a\\nUSER x"'],
    ['systemd', 'node', '/a\tb', 'can have no control character: "/a\\tb"'],
  ] as const) {
    const args = ['export', engine, `--${option}=${value}`, ...words]
    const { status, stdout, stderr } = await runner(args, { cwd, env })
    assert.deepEqual([status, stdout], [64, ''], `${engine} ${option}`)
    assert.equal(
      stderr.split('\n')[0],
      `runner: cannot export to ${engine}: option --${option} ${reason}`,
    )
  }
  assert.deepEqual(readdirSync(cwd), [])
})

test('what is wrong with the run is said as the run says it, with its status, and nothing is printed', async (t) => {
  const cwd = tempDir(t)
  fussyIn(cwd)
  for (const words of [
    ['fastpoetry', '--port', 'many'],
    ['fastpoetry', '--listen', 'tcp:99999'],
    ['--stop-timeout', 'soon', 'fastpoetry'],
    ['--rundir', 'nowhere', 'fastpoetry'],
    ['--tac', 'none.mjs'],
    ['nope'],
    ['fussy', '--mood', 'bad'],
  ]) {
    const ran = await runner(['--nodaemon', ...words], { cwd, env })
    const exported = await runner(['export', 'systemd', '--', ...words], { cwd, env })
    assert.notEqual(ran.status, 0)
    // A run logs, a foreground run to stdout; what it prints of a failure is on stderr.
    const said = (text: string): string =>
      text
        .split('\n')
        .filter((line) => /^(runner|hint): /.test(line))
        .join('\n')
    assert.equal(said(exported.stderr), said(ran.stderr), words.join(' '))
    assert.deepEqual([exported.status, exported.stdout], [ran.status, ''], words.join(' '))
  }
})

test('what runs no plugin in the foreground is not exported', async (t) => {
  const cwd = tempDir(t)
  for (const words of [['--help'], ['status'], ['check', 'web'], ['web', '--help']]) {
    const { status, stdout, stderr } = await runner(['export', 'systemd', '--', ...words], {
      cwd,
      env,
    })
    assert.deepEqual([status, stdout], [64, ''], words.join(' '))
    assert.equal(
      stderr,
      `runner: cannot export: what follows the dashes runs no plugin\nhint: ${DASHES}\n`,
    )
  }
  const daemon = await runner(
    ['export', 'systemd', '--', '--no-nodaemon', 'fastpoetry', '--poem', 'x'],
    {
      cwd,
      env,
    },
  )
  assert.equal(daemon.status, 64)
  assert.match(daemon.stderr, /^runner: cannot export: an engine runs it in the foreground\n/)
})

test('a plugin that ends the process as it is made is no export, and what it prints is in no file', async (t) => {
  const cwd = tempDir(t)
  fussyIn(cwd)
  const left = await runner(['export', 'systemd', '--', 'fussy', '--mood', 'leaving'], { cwd })
  assert.deepEqual([left.status, left.stdout], [70, ''])
  assert.match(left.stderr, /cannot load fussy: it ended the process/)
  const { status, stdout, stderr } = await runner(['export', 'systemd', '--', 'fussy'], { cwd })
  assert.equal(status, 0)
  assert.doesNotMatch(stdout, /made by fussy/)
  assert.match(stderr, /^made by fussy$/m)
})

test('--parse-only makes nothing, and what its options say is still read', async (t) => {
  const cwd = tempDir(t)
  fussyIn(cwd)
  const only = ['export', 'systemd', '--parse-only', '--', 'fussy']
  const { status, stdout, stderr } = await runner([...only, '--mood', 'bad'], { cwd })
  assert.equal(status, 0)
  assert.match(stdout, /^ExecStart=.* fussy --mood bad$/m)
  assert.doesNotMatch(stderr, /made by fussy/)
  assert.equal((await runner([...only, '--moood', 'bad'], { cwd })).status, 64)
})

test('the same words give the same bytes, on stdout and in files', async (t) => {
  const cwd = tempDir(t)
  const words = ['--', 'fastpoetry', '--poem', 'x', '--listen', 'tcp:8001']
  const print = async (): Promise<string> => {
    const { status, stdout } = await runner(['export', 'systemd', ...words], { cwd, env })
    assert.equal(status, 0)
    return stdout
  }
  const first = await print()
  assert.equal(await print(), first)
  const out = ['--out', 'units/poems', '--name', 'poems', '-s']
  const written = await runner(['export', 'systemd', ...out, ...words], { cwd, env })
  const files = ['poems.service', 'poems.socket'].map((name) => join(cwd, 'units', 'poems', name))
  assert.equal(written.stdout, files.map((file) => `${file}\n`).join(''))
  assert.deepEqual(readdirSync(join(cwd, 'units', 'poems')).sort(), [
    'poems.service',
    'poems.socket',
  ])
  const both = await runner(['export', 'systemd', '--name', 'poems', '-s', ...words], { cwd, env })
  const [service = '', socket = ''] = files.map((file) => readFileSync(file, 'utf8'))
  assert.equal(
    both.stdout,
    `# ---- poems.service ----\n${service}\n# ---- poems.socket ----\n${socket}`,
  )
})

test('--out replaces files of their names and no others, and says what it cannot write', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'out'))
  writeFileSync(join(cwd, 'out', 'fastpoetry.service'), 'of before')
  writeFileSync(join(cwd, 'out', 'other'), 'of somebody')
  const words = ['--', 'fastpoetry', '--poem', 'x']
  const { status } = await runner(['export', 'systemd', '--out', 'out', ...words], { cwd, env })
  assert.equal(status, 0)
  assert.deepEqual(readdirSync(join(cwd, 'out')).sort(), ['fastpoetry.service', 'other'])
  assert.match(readFileSync(join(cwd, 'out', 'fastpoetry.service'), 'utf8'), /^\[Unit\]\n/)
  assert.equal(statSync(join(cwd, 'out', 'fastpoetry.service')).mode & 0o600, 0o600)
  const into = join(cwd, 'out', 'other', 'further')
  const refused = await runner(['export', 'systemd', '--out', into, ...words], { cwd, env })
  assert.equal(refused.status, 73)
  const path = join(into, 'fastpoetry.service')
  assert.equal(refused.stderr, `runner: cannot export: cannot write ${path}: not a directory\n`)
})

const noProc = existsSync('/proc/self') ? false : 'there is no /proc'

test('--out ends where the system makes no directory', { skip: noProc }, async (t) => {
  const words = ['--out', '/proc/x/y', '--', 'fastpoetry', '--poem', 'x']
  const { status, stderr } = await runner(['export', 'systemd', ...words], { cwd: tempDir(t), env })
  assert.equal(status, 73)
  assert.match(
    stderr,
    /^runner: cannot export: cannot write \/proc\/x\/y\/fastpoetry\.service: .*\n$/,
  )
})

test('a tac file is exported by the name of the file', async (t) => {
  const cwd = tempDir(t)
  const text = `import { Application } from 'runnerd'\nexport const application = new Application('x')\n`
  writeFileSync(join(cwd, 'my poems.mjs'), text)
  const words = ['--out', '.', '--', '--tac', 'my poems.mjs']
  const { status, stdout, stderr } = await runner(['export', 'systemd', ...words], { cwd, env })
  assert.equal(status, 0, stderr)
  assert.equal(stdout, `${join(cwd, 'my-poems.service')}\n`)
})
