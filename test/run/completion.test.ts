import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { fixtures, ourPlugins, root, runnerBin } from '../helpers/paths.ts'
import { cleanEnv, type Ended, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const withOurs = { RUNNER_PLUGIN_PATH: ourPlugins }

/** A directory with the hostile plugin, whose cache is warm. */
async function warmTree(t: TestContext): Promise<string> {
  const cwd = tempDir(t)
  cpSync(join(fixtures, 'hostile'), join(cwd, 'plugins'), { recursive: true })
  await runner([], { cwd })
  return cwd
}

async function ask(
  shell: string,
  words: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string[]> {
  const ended = await runner(['completion', '--for', shell, '--', ...words], { cwd, env })
  assert.deepEqual([ended.status, ended.stderr], [0, ''])
  assert.ok(ended.stdout.endsWith('\n'))
  return ended.stdout.slice(0, -1).split('\n')
}

/** The candidates for the end of a line in bash; `end` is what readline would replace. */
async function inBash(
  line: string,
  end: string,
  cwd: string,
  env?: NodeJS.ProcessEnv,
): Promise<string[]> {
  const [kind, ...words] = await ask('bash', [`runner ${line}`, end], cwd, env)
  assert.equal(kind, ':words')
  return words
}

test('runner completion SHELL prints a script that the shell can parse', async (t) => {
  const cwd = tempDir(t)
  for (const [shell, check] of [
    ['bash', ['-n']],
    ['zsh', ['-fn']],
    ['fish', ['--no-execute']],
  ] as const) {
    const { status, stdout, stderr } = await runner(['completion', shell], { cwd })
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /runner/)
    const file = join(cwd, shell)
    writeFileSync(file, stdout)
    const parsed = spawnSync(shell, [...check, file], { encoding: 'utf8' })
    if (parsed.error === undefined) assert.deepEqual([parsed.status, parsed.stderr], [0, ''])
  }
})

test('runner completion without one of its shells is a usage error', async (t) => {
  const cwd = tempDir(t)
  const says = (reason: string): Omit<Ended, 'signal'> => ({
    status: 64,
    stdout: '',
    stderr: `runner: cannot print the completion script: ${reason}\nhint: runner completion bash, zsh or fish\n`,
  })
  for (const [args, reason] of [
    [[], 'no shell named'],
    [['tcsh'], 'there is none for "tcsh"'],
    [['bash', 'zsh'], 'unexpected argument "zsh"'],
  ] as const) {
    const { signal, ...ended } = await runner(['completion', ...args], { cwd })
    assert.deepEqual(ended, says(reason))
  }
  const { status, stdout } = await runner(['completion', '--help'], { cwd })
  assert.equal(status, 0)
  assert.match(stdout, /^Usage: runner completion bash\|zsh\|fish\n/)
})

test('the first word is completed to a plugin or a verb, described for zsh and fish', async (t) => {
  const cwd = tempDir(t)
  assert.deepEqual(await inBash('p', 'p', cwd, withOurs), [
    ...['passwd', 'plugins', 'poetryproxy', 'portforward', 'procmon', 'profile'],
  ])
  for (const shell of ['zsh', 'fish']) {
    const lines = await ask(shell, ['p'], cwd, withOurs)
    assert.deepEqual(lines, [
      ':words',
      'check\tBuild all that a run would, and start nothing.',
      "completion\tPrint a shell's completion script.",
      "debug\tOpen a daemon's inspector on the loopback interface.",
      'dns\tA DNS server, for zone files or by asking others.',
      'export\tPrint what has systemd or another engine run a plugin.',
      'fastpoetry\tA fast poetry service.',
      'ftp\tAn FTP server.',
      'health\tSay whether a daemon is ready; for the probe of a container.',
      "heap\tWrite a snapshot of a daemon's heap; the daemon stands still meanwhile.",
      'inetd\tStarts programs for those who connect, as inetd(8) does.',
      "logs\tShow the end of a daemon's log.",
      'passwd\tSet the password of a user in a password file.',
      'plugins\tList, check and build plugins.',
      'poetryproxy\tServes the poem of another poetry server.',
      'portforward\tForwards connections to another address.',
      'procmon\tKeeps commands running, and logs what they print.',
      'profile\tRecord what a daemon does with its time, as a .cpuprofile.',
      'reload\tPut a new process in place of a daemon, and lose no connection.',
      'socks\tA SOCKS proxy, versions 4, 4a and 5.',
      'status\tShow how your daemons are, or the one with a pid file.',
      'stop\tStop a daemon, and wait until it is gone.',
      'telnet\tA simple, telnet-based remote debugging service.',
      'top\tWatch all your daemons: a table that is drawn anew as they go on.',
      'web\tA web server, for files or for an app.',
    ])
  }
})

test("runner's own options are completed before the plugin's name, each once", async (t) => {
  const cwd = tempDir(t)
  assert.deepEqual(await inBash('--no', '--no', cwd), ['--nodaemon'])
  assert.deepEqual(await inBash('--re', '--re', cwd), [], 'a refused one is not offered')
  const left = await inBash('-n --pidfile= -', '-', cwd)
  for (const word of ['-n', '--nodaemon', '--pidfile']) assert.ok(!left.includes(word), word)
  for (const word of ['-y', '--tac', '--plugin-path', '--help'])
    assert.ok(left.includes(word), word)
  assert.deepEqual(await inBash('-n f', 'f', cwd, withOurs), ['fastpoetry', 'ftp'])
  assert.deepEqual(await inBash('-n c', 'c', cwd), ['check'], 'completion is a first word only')
  assert.deepEqual(await inBash('--plugin-path x plu', 'plu', cwd), ['plugins'])
})

test('after check, first or after options, comes what a run has, and no verb', async (t) => {
  const cwd = await warmTree(t)
  for (const begin of ['', '--rundir=x -n ']) {
    const asked = (end: string): Promise<string[]> =>
      inBash(`${begin}${end}`, end.split(' ').at(-1) ?? '', cwd, withOurs)
    assert.deepEqual(await asked('ch'), ['check'], begin)
    assert.deepEqual(await asked('check '), [
      ...[
        'dns',
        'fastpoetry',
        'ftp',
        'hostile',
        'inetd',
        'poetryproxy',
        'portforward',
        'procmon',
        'socks',
        'telnet',
        'web',
      ],
    ])
    assert.deepEqual(await asked('check --re'), [])
    assert.deepEqual(await asked('check --umask 22 --um'), [])
    assert.deepEqual(await asked('check --um'), ['--umask'])
    assert.deepEqual(await asked('check -n hostile --no-'), ['--no-loud', '--no-quiet'])
    assert.deepEqual(await asked('check check '), [])
    assert.deepEqual(await asked('check plugins '), [])
    assert.deepEqual(await asked('check stop --'), [])
  }
  assert.deepEqual(await inBash('--umask 22 check --um', '--um', cwd), [], 'it was given before')
  assert.deepEqual(await ask('fish', ['-n', 'check', '--tac', ''], cwd), [':files 0'])
  const elsewhere = { HOME: join(cwd, 'plugins', '..') }
  const words = await inBash('--plugin-path ~/plugins check ho', 'ho', tempDir(t), elsewhere)
  assert.deepEqual(words, ['hostile'], '--plugin-path before it counts')
})

test('values of own options are files, directories, users and groups', async (t) => {
  const cwd = tempDir(t)
  for (const option of ['--tac', '-y', '-ny', '--logfile', '-l', '--pidfile']) {
    assert.deepEqual(await ask('fish', [option, ''], cwd), [':files 0'])
  }
  for (const option of ['--rundir', '-d', '--plugin-path']) {
    assert.deepEqual(await ask('fish', [option, 'x'], cwd), [':dirs 0'])
  }
  assert.deepEqual(await ask('zsh', ['--rundir=x'], cwd), [':dirs 9'])
  assert.deepEqual(await ask('zsh', ['-yx'], cwd), [':files 2'])
  assert.deepEqual(await inBash('--uid roo', 'roo', cwd), ['root'])
  assert.deepEqual(await inBash('--gid=', '', cwd).then((all) => all.includes('daemon')), true)
})

test("after a plugin's name come its own options, and their values", async (t) => {
  const cwd = await warmTree(t)
  const lines = await ask('zsh', ['hostile', ''], cwd)
  const words = lines.map((line) => line.split('\t')[0])
  assert.deepEqual(words, [
    ':words',
    '--file',
    '--help',
    '--level',
    '--loud',
    '--many',
    '--no-loud',
    '--quiet',
    '--verbose',
    '--version',
    '-f',
    '-v',
  ])
  assert.ok(lines.includes('--file\tA file.'))
  assert.deepEqual(await inBash('hostile --no-', '--no-', cwd), ['--no-loud', '--no-quiet'])
  assert.deepEqual(await inBash('hostile -f x --f', '--f', cwd), [])
  assert.deepEqual(await inBash('hostile --many one --many ', '', cwd), ['one', 'other'])
  assert.deepEqual(await inBash('hostile -vv --ver', '--ver', cwd), ['--verbose', '--version'])
  assert.deepEqual(await ask('zsh', ['hostile', '--file='], cwd), [':files 7'])
  assert.deepEqual(await ask('zsh', ['hostile', '--', ''], cwd), [':words'])
  assert.deepEqual(await ask('zsh', ['nosuch', ''], cwd), [':words'])
})

test('where a plugin takes arguments, files are completed, options only before them', async (t) => {
  const cwd = tempDir(t)
  for (const words of [[''], ['sh', '-'], ['--', '-t']]) {
    assert.deepEqual(await ask('zsh', ['procmon', ...words], cwd, withOurs), [':files 0'])
  }
  assert.deepEqual(await inBash('procmon --kill', '--kill', cwd, withOurs), ['--killtime'])
})

test('a plugin is completed by its package too, where bash cuts words', async (t) => {
  const cwd = tempDir(t)
  const all = await inBash('@runnerd/', 'runnerd/', cwd, withOurs)
  assert.deepEqual(
    all,
    [
      'dns',
      'fastpoetry',
      'ftp',
      'inetd',
      'poetryproxy',
      'portforward',
      'procmon',
      'socks',
      'telnet',
      'web',
    ].map((name) => `runnerd/${name}:${name}`),
  )
  assert.deepEqual(await inBash('@runnerd/fastpoetry:', '', cwd, withOurs), ['fastpoetry'])
  const options = await inBash('@runnerd/fastpoetry:fastpoetry --poem', '--poem', cwd, withOurs)
  assert.deepEqual(options, ['--poem', '--poem2'])
})

test('--plugin-path before the name is searched, relative or from home', async (t) => {
  const cwd = tempDir(t)
  const elsewhere = join(cwd, 'else where')
  cpSync(join(fixtures, 'hostile'), elsewhere, { recursive: true })
  const env = { HOME: cwd }
  for (const written of ['"else where"', 'else\\ where', '~/else\\ where', `'${elsewhere}'`]) {
    assert.deepEqual(await inBash(`--plugin-path ${written} ho`, 'ho', cwd, env), ['hostile'])
  }
  assert.deepEqual(await inBash(`--plugin-path='else where' hostile --fi`, '--fi', cwd, env), [
    '--file',
  ])
  assert.deepEqual(await inBash('ho', 'ho', cwd, { RUNNER_PLUGIN_PATH: elsewhere }), ['hostile'])
})

test('verbs are completed: plugins, plugins why, completion', async (t) => {
  const cwd = tempDir(t)
  const { stdout } = await runner(['plugins', '--help'], { cwd })
  const sub = [...stdout.matchAll(/^ {2}(\w+)/gm)].map((match) => match[1])
  assert.ok(sub.includes('why'))
  assert.deepEqual(await inBash('plugins ', '', cwd), sub.sort())
  assert.deepEqual(await inBash('plugins build --', '--', cwd), ['--check', '--help'])
  assert.deepEqual(await inBash('plugins why f', 'f', cwd, withOurs), ['fastpoetry', 'ftp'])
  assert.deepEqual(await inBash('plugins list --', '--', cwd), ['--help', '--json'])
  assert.deepEqual(await inBash('completion ', '', cwd), ['bash', 'fish', 'zsh'])
  assert.deepEqual(await inBash('completion bash ', '', cwd), [])
})

test('runner passwd is completed with its options and a file', async (t) => {
  const cwd = tempDir(t)
  assert.deepEqual(await inBash('passwd -', '-', cwd), ['--delete', '--help', '--version', '-D'])
  assert.deepEqual(await ask('fish', ['passwd', 'us'], cwd), [':files 0'])
  assert.deepEqual(await ask('zsh', ['passwd', '-D', 'us'], cwd), [':files 0'])
  assert.deepEqual(await ask('zsh', ['passwd', 'users', 'an'], cwd), [':words'])
})

test('runner export is completed with engines, their options, and then as a run is', async (t) => {
  const cwd = tempDir(t)
  assert.deepEqual(await inBash('export sys', 'sys', cwd), ['systemd'])
  assert.deepEqual(await inBash('-n exp', 'exp', cwd), [], 'it is a first word only')
  assert.deepEqual(await inBash('export systemd --so', '--so', cwd), ['--socket'])
  assert.deepEqual(await ask('fish', ['export', 'systemd', '--out', ''], cwd), [':dirs 0'])
  assert.deepEqual(await inBash('export systemd -- f', 'f', cwd, withOurs), ['fastpoetry', 'ftp'])
  assert.deepEqual(await inBash('export systemd -s -- --nod', '--nod', cwd), ['--nodaemon'])
  assert.deepEqual(await inBash('export nomad --', '--', cwd), [])
})

test('the verbs on a daemon are completed with their options and files', async (t) => {
  const cwd = tempDir(t)
  assert.deepEqual(await inBash('--pidfile x st', 'st', cwd), ['status', 'stop'])
  assert.deepEqual(await inBash('status --', '--', cwd), [
    ...['--all', '--help', '--json', '--pidfile', '--version'],
  ])
  assert.deepEqual(await inBash('logs -f --l', '--l', cwd), ['--lines', '--logfile'])
  assert.deepEqual(await inBash('stop --pidfile x --p', '--p', cwd), [])
  for (const words of ['stop --pidfile ', 'logs --logfile ', 'heap --output ']) {
    const [kind] = await ask('bash', [`runner ${words}`, ''], cwd)
    assert.equal(kind, ':files 0', words)
  }
})

test('nothing hostile is in a reply: no escapes, no second line, quoted for bash', async (t) => {
  const cwd = await warmTree(t)
  const replies = [
    ...(await ask('zsh', ['hostile', '--level', ''], cwd)),
    ...(await ask('fish', ['hostile', '-'], cwd)),
    ...(await ask('fish', [''], cwd)),
  ]
  for (const line of replies) assert.doesNotMatch(line, /[^\P{Cc}\t]/u)
  const harmless = ['\\$\\(touch\\ hurt\\)', ':files\\ 0', '\\`touch\\ hurt\\`', 'a:b']
  const rest = ['high', "it\\'s", 'two\\ words', 'x\\;touch\\ hurt']
  assert.deepEqual(await inBash('hostile --level ', '', cwd), [...harmless, ...rest])
})

test('no plugin is imported, nothing else loaded or started, once the cache is warm', async (t) => {
  const cwd = await warmTree(t)
  const imports = join(cwd, 'plugins', 'imports')
  assert.equal(readFileSync(imports, 'utf8'), 'imported\n')
  const watcher = join(fixtures, 'watcher', 'watcher.cjs')
  const seen = join(cwd, 'seen.json')
  const env = { NODE_OPTIONS: `--require ${JSON.stringify(watcher)}`, WATCHER_FILE: seen }
  for (const line of ['', 'h', 'hostile --', 'hostile --level ', 'hostile --file ', '--uid ']) {
    rmSync(seen, { force: true })
    await ask('bash', [`runner ${line}`, ''], cwd, env)
    const { loaded, started } = JSON.parse(readFileSync(seen, 'utf8'))
    assert.deepEqual(loaded, ['main.js', 'command.js', 'complete.js'])
    assert.deepEqual(started, [])
  }
  assert.equal(readFileSync(imports, 'utf8'), 'imported\n')
})

test('a broken tree, or none, is no error', async (t) => {
  const cwd = tempDir(t)
  const plugins = join(cwd, 'plugins')
  mkdirSync(join(plugins, 'package'), { recursive: true })
  writeFileSync(join(plugins, 'broken.js'), 'syntax error')
  writeFileSync(join(plugins, 'dropin.cache'), '{"format":')
  writeFileSync(join(plugins, 'package', 'package.json'), '{"runner": ')
  cpSync(join(fixtures, 'hostile'), plugins, { recursive: true })
  assert.deepEqual(await inBash('ho', 'ho', cwd), ['hostile'])
  assert.deepEqual(await inBash('broken --', '--', cwd), [])
  const env = { RUNNER_PLUGIN_PATH: join(plugins, 'broken.js') }
  assert.deepEqual(await inBash('ho', 'ho', cwd, env), ['hostile'])
  // A directory that is gone: only a shell can stand in it.
  const script = `mkdir gone; cd gone; rmdir ../gone; exec "$0" "$1" completion --for bash -- 'runner --tac' --tac`
  const ended = spawnSync('sh', ['-c', script, process.execPath, runnerBin], {
    cwd,
    env: cleanEnv(cwd),
    encoding: 'utf8',
  })
  assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, ':words\n--tac\n', ''])
})

test('a question that makes no sense is answered with nothing', async (t) => {
  const cwd = tempDir(t)
  for (const args of [['--for'], ['--for', 'bash'], ['--for', 'bash', 'x'], ['--for', '', '']]) {
    const { status, stdout, stderr } = await runner(['completion', ...args], { cwd })
    assert.deepEqual([status, stdout, stderr], [0, ':words\n', ''])
  }
})

const dist = join(root, 'packages', 'runner', 'dist')
const { complete } = (await import(pathToFileURL(join(dist, 'complete.js')).href)) as {
  complete(args: readonly string[], variables: NodeJS.ProcessEnv, cwd: string): Promise<string>
}
const { quoted, readShellLine } = (await import(
  pathToFileURL(join(dist, 'shell-line.js')).href
)) as {
  quoted(word: string, quote: string): string | undefined
  readShellLine(line: string): { words: readonly string[]; quote: string }
}

const part = fc.constantFrom(
  ...[
    '-',
    '--',
    '=',
    ':',
    '@',
    "'",
    '"',
    '\\',
    ' ',
    '\n',
    '$(',
    '`',
    '~/',
    'é',
    '\u001b',
    '\u0000',
  ],
  ...[
    'tac',
    'uid',
    'plugin-path',
    'no-',
    'plugins',
    'why',
    'completion',
    'fastpoetry',
    'poem',
    'n',
  ],
)
const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''))

test('any words at all get a well-formed answer', async (t) => {
  const cwd = tempDir(t)
  const variables = { ...withOurs, RUNNER_CACHE_DIR: cwd, HOME: cwd }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('bash', 'zsh', 'fish'),
      fc.array(text, { maxLength: 5 }),
      async (shell, words) => {
        const reply = await complete(['--for', shell, '--', ...words], variables, cwd)
        assert.match(reply, /^(:(files|dirs) \d+\n|:words\n([^\p{Cc}]+(\t[^\p{Cc}]*)?\n)*)$/u)
      },
    ),
    { numRuns: 500 },
  )
})

test('bash takes a quoted word as it is, and reads a line as we do', () => {
  const words = fc
    .sample(fc.string({ unit: 'binary', minLength: 1 }), { numRuns: 500, seed: 1 })
    .concat(fc.sample(text, { numRuns: 500, seed: 1 }))
    .filter((word) => word !== '' && !/[\p{Cc}\p{Cs}]/u.test(word))
  for (const quote of ['', "'", '"']) {
    const written = words.flatMap((word) => {
      const by = quoted(word, quote)
      return by === undefined ? [] : [{ word, line: quote + by + quote }]
    })
    assert.ok(written.length > 300)
    const line = written.map((each) => each.line).join(' ')
    const expected = written.map((each) => each.word)
    assert.deepEqual(readShellLine(line).words, expected)
    const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    assert.deepEqual(stdout.split('\0').slice(0, -1), expected)
  }
})

test('the values of runner’s own options are files or directories where they are', async (t) => {
  const cwd = tempDir(t)
  for (const [option, kind] of [
    ['--chroot', ':dirs 0'],
    ['--rundir', ':dirs 0'],
    ['--profile', ':files 0'],
    ['-p', ':files 0'],
    ['--logger', ':files 0'],
    ['--logfile', ':files 0'],
  ] as const) {
    assert.deepEqual(await ask('zsh', [option, ''], cwd), [kind])
  }
})
