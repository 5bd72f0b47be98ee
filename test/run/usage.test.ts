import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ecstasy, fixtures, ourPlugins } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const poem = ['--poem', ecstasy]

/** Command lines that are wrong, and the line that says so. */
const wrong: [args: string[], line: RegExp, status?: number][] = [
  [['--bogus'], /^runner: cannot read the command line: unknown option --bogus$/],
  [['--nodeamon', 'fastpoetry'], /unknown option --nodeamon\nhint: did you mean --nodaemon\?$/],
  [['--logfile'], /option --logfile requires a value/],
  [['--logfile', '-n'], /option --logfile requires a value/],
  [['--nodaemon=1', 'fastpoetry'], /option --nodaemon takes no value/],
  [['--umask', '9', 'fastpoetry', ...poem], /option --umask needs an octal .* 0777, not "9"$/],
  [['--umask', '7777', 'fastpoetry', ...poem], /option --umask needs .* 0777, not "7777"$/],
  [['--umask', '', 'fastpoetry', ...poem], /option --umask needs .* 0777, not ""$/],
  [['--chroot=', 'fastpoetry', ...poem], /option --chroot needs the name of a directory$/],
  [['--rundir', '', 'fastpoetry', ...poem], /option --rundir needs the name of a directory$/],
  [['--profile=', 'fastpoetry', ...poem], /option --profile needs the name of a file$/],
  [['--uid=', 'fastpoetry', ...poem], /option --uid needs the name of a user$/],
  [['--gid', '', 'fastpoetry', ...poem], /option --gid needs the name of a group$/],
  [['--tac='], /option --tac needs the name of a file$/],
  [
    ['--plugin-path=', 'fastpoetry', ...poem],
    /option --plugin-path needs the name of a directory$/,
  ],
  [['--logger=', 'fastpoetry', ...poem], /option --logger needs MODULE#EXPORT, not ""$/],
  [['--log-level=', 'fastpoetry', ...poem], /option --log-level is one of .*, not ""$/],
  [['--workers=', 'fastpoetry', ...poem], /option --workers needs a whole number .*, not ""$/],
  [
    ['--worker-timeout', '-1', 'fastpoetry', ...poem],
    /option --worker-timeout needs a number of seconds, or 0 for no limit, not -1$/,
  ],
  [['--syslog', '--prefix=', 'fastpoetry', ...poem], /option --prefix needs a name .*, not ""$/],
  [
    ['--uid', '4294967296', 'fastpoetry', ...poem],
    /option --uid needs a number of at most 4294967294, not 4294967296$/,
  ],
  [['--gid', '4294967295', 'fastpoetry', ...poem], /option --gid needs .*, not 4294967295$/],
  [['--start-timeout', 'soon', 'fastpoetry'], /option --start-timeout needs a number, not "soon"/],
  [
    ['--uid', 'nobody-of-this-name', 'fastpoetry', ...poem],
    /cannot run as user nobody-of-this-name: no such user/,
  ],
  [
    ['--log-format', 'xml', 'fastpoetry', ...poem],
    /option --log-format is one of text, json, not "xml"$/,
  ],
  [
    ['--log-level', 'loud', 'fastpoetry', ...poem],
    /option --log-level is one of critical, error, warn, info, debug, not "loud"$/,
  ],
  [
    ['--log-max-size', '10X', 'fastpoetry', ...poem],
    /option --log-max-size needs a number of bytes, such as 1000000, 500k, 10M or 1G, not "10X"$/,
  ],
  [['--log-max-size=-1', 'fastpoetry', ...poem], /option --log-max-size needs .*, not "-1"$/],
  [['--log-max-size', '', 'fastpoetry', ...poem], /option --log-max-size needs .*, not ""$/],
  [
    ['--log-max-files', '1.5', 'fastpoetry', ...poem],
    /option --log-max-files needs a whole number, 0 for every one, not 1.5$/,
  ],
  [['--log-max-files', 'all', 'fastpoetry', ...poem], /--log-max-files needs a number, not "all"$/],
  [['--nodaemon'], /cannot run: no plugin named/],
  [['--logfile', '-', 'fastpoetry', ...poem], /cannot log to stdout: a daemon has none/],
  [['--rundir', 'nowhere', 'fastpoetry', ...poem], /cannot run in nowhere: no such directory/, 66],
  [['--chroot', 'no', 'fastpoetry', ...poem], /cannot change root to no: no such directory/, 66],
  [
    ['--workers', '2', '--chroot', '.', 'fastpoetry', ...poem],
    /cannot use --chroot with --workers: /,
  ],
  [['--workers', '2', '-p', 'x', 'fastpoetry', ...poem], /cannot use --profile with --workers: /],
  [['--reactor', 'poll', 'fastpoetry'], /cannot use --reactor: Node has one event loop/],
  [['-r', 'poll', 'fastpoetry'], /cannot use --reactor: /],
  [['-e', 'fastpoetry', ...poem], /cannot use --encrypted: /],
  [['--help-reactors'], /cannot use --help-reactors: /],
  [['--file', 'x.tap'], /cannot use --file: /],
  [['--source', 'x.tas'], /cannot use --source: /],
  [['--spew', '-n', 'fastpoetry', ...poem], /cannot use --spew: /],
  [['--savestats', '--profile', 'x', 'fastpoetry'], /cannot use --savestats: /],
  [['--logger', 'x', 'fastpoetry', ...poem], /option --logger needs MODULE#EXPORT, not "x"/],
  [['--tac', 'x.tac.js', 'fastpoetry'], /cannot run fastpoetry: --tac already says what to run/],
  [['fastpoetry'], /cannot run fastpoetry: option --poem is required/],
  [['fastpoetry', '--port', 'abc', ...poem], /option --port needs a number, not "abc"/],
  [['fastpoetry', '--port'], /option --port requires a value/],
  [['fastpoetry', '--prot', '1'], /unknown option --prot\nhint: did you mean --port\?/],
  [['fastpoetry', 'extra', ...poem], /cannot run fastpoetry: unexpected argument "extra"/],
  [['fastpoetry', '--nodaemon', ...poem], /cannot run fastpoetry: unknown option --nodaemon/],
  [['fastpoetry', '--port2', '1', ...poem], /options --port2 and --poem2 come together/],
  [['fastpoetry', '--port', '99999', ...poem], /99999/],
]

for (const [args, line, expected = 64] of wrong) {
  test(`runner ${args.join(' ').replace(ecstasy, 'POEM')} is refused in one line`, async (t) => {
    const cwd = tempDir(t)
    const env = { RUNNER_PLUGIN_PATH: ourPlugins }
    const { status, stdout, stderr } = await runner(args, { cwd, env })
    assert.match(
      stderr
        .trimEnd()
        .replace(/(?<!\?)\nhint: .*$/, (hint) => (line.source.includes('hint') ? hint : '')),
      line,
    )
    assert.match(stderr, /^runner: cannot [^\n]+\n(hint: [^\n]+\n)?$/)
    assert.equal(stdout, '')
    assert.equal(status, expected)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })
}

test('a usage error leaves nothing behind', async (t) => {
  const cwd = tempDir(t)
  await runner(['fastpoetry', '--bogus'], { cwd, env: { RUNNER_PLUGIN_PATH: ourPlugins } })
  assert.deepEqual(
    readdirSync(cwd).filter((name) => name !== '.cache'),
    [],
  )
})

test('options come from the environment, and the command line wins', async (t) => {
  const cwd = tempDir(t)
  const env = {
    RUNNER_PLUGIN_PATH: join(fixtures, 'probe'),
    RUNNER_NODAEMON: '1',
    RUNNER_PROBE_SAY: 'from the environment',
    RUNNER_PROBE_EXIT: 'start:c',
  }
  const first = await runner(['probe'], { cwd, env })
  assert.match(first.stdout, /from the environment/)
  const second = await runner(['probe', '--say', 'from the command line'], { cwd, env })
  assert.match(second.stdout, /from the command line/)
  assert.doesNotMatch(second.stdout, /from the environment/)
  const bad = await runner(['probe'], { cwd, env: { ...env, RUNNER_PROBE_NUMBER: 'many' } })
  assert.equal(bad.status, 64)
  assert.match(bad.stderr, /RUNNER_PROBE_NUMBER needs a number, not "many"/)
})

test('what refuses a run by an option from a variable names the variable', async (t) => {
  const cwd = tempDir(t)
  const plugins = { RUNNER_PLUGIN_PATH: ourPlugins, RUNNER_NODAEMON: '1' }
  const socks = ['socks', '--port', '0']
  const procmon = ['procmon', '--', 'true']
  for (const [variable, value, option, line, words = socks] of [
    ['RUNNER_FILE', 'x.tap', '--file', 'cannot use --file: there are no pickled'],
    ['RUNNER_TAC', 'x.mjs', '--tac', 'cannot run socks: --tac already says what to run'],
    ['RUNNER_LOG_FORMAT', 'x', '--log-format', 'cannot run: option --log-format is one of'],
    ['RUNNER_STOP_TIMEOUT', '0', '--stop-timeout', 'cannot run: option --stop-timeout needs'],
    ['RUNNER_UID', '', '--uid', 'cannot run: option --uid needs the name of a user'],
    ['RUNNER_SOCKS_LISTEN', 'tcp:x', '--listen', 'cannot use --listen tcp:x: the port', ['socks']],
    ['RUNNER_SOCKS_TIMEOUT', '-1', '--timeout', 'cannot use --timeout -1: it must be from 0'],
    ['RUNNER_WORKERS', '2', '--workers', 'cannot use --workers 2 with procmon', procmon],
  ] as const) {
    const { status, stderr } = await runner(words, { cwd, env: { ...plugins, [variable]: value } })
    assert.equal(status, 64, stderr)
    const [first = '', second = ''] = stderr.split('\n')
    assert.ok(first.startsWith(`runner: ${line}`), first)
    assert.match(second, new RegExp(`^hint: ${option} is from the variable ${variable}(;|$)`))
  }
  const words = ['--stop-timeout', '0', 'socks']
  const typed = await runner(words, { cwd, env: { ...plugins, RUNNER_STOP_TIMEOUT: '5' } })
  assert.doesNotMatch(typed.stderr, /variable/)
})

test('abbreviations are not accepted', async (t) => {
  const { status, stderr } = await runner(['--nod', 'fastpoetry'], { cwd: tempDir(t) })
  assert.equal(status, 64)
  assert.match(stderr, /unknown option --nod/)
})

test('a path option is meant from where runner was started, under both of its names', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(
    join(cwd, 'plugins', 'show.mjs'),
    `export const show = {
      tapname: 'show',
      description: 'Shows its options.',
      options: { 'data-dirs': { array: true, normalize: true } , 'log-file': { normalize: true } },
      makeService(options) { throw new Error(JSON.stringify(options)) },
    }`,
  )
  const args = ['-n', '--rundir', '/', 'show', '--log-file', 'a/../b', '--data-dirs', 'x']
  const { stderr } = await runner(args, { cwd })
  const [file, dir] = [join(cwd, 'b'), join(cwd, 'x')]
  const expected = { 'data-dirs': [dir], dataDirs: [dir], 'log-file': file, logFile: file }
  assert.equal(stderr, `runner: cannot load show: ${JSON.stringify(expected)}\n`)
})
