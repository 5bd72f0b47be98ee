import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hasCommand } from '../helpers/has-command.ts'
import { ourPlugins, runnerBin } from '../helpers/paths.ts'
import { type Ended, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const noAnalyze = hasCommand('systemd-analyze') ? false : 'systemd-analyze is not installed'
const noIds = process.getuid?.() === 0 ? false : 'only root may become another user'

/** What an export says, of a run of our plugins. */
async function say(
  cwd: string,
  engine: readonly string[],
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const args = ['export', 'systemd', ...engine, '--', ...words]
  return await runner(args, { cwd, env: { RUNNER_PLUGIN_PATH: ourPlugins, ...env } })
}

/** The settings of a unit, by their names; each has all its lines. */
async function unitOf(
  cwd: string,
  engine: readonly string[],
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<(name: string) => string[]> {
  const { status, stdout, stderr } = await say(cwd, engine, words, env)
  assert.equal(status, 0, stderr)
  const lines = stdout.split('\n')
  return (name) =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1))
}

test('a unit starts runner in the foreground where it was exported, by paths that need no PATH', async (t) => {
  const cwd = tempDir(t)
  const unit = await unitOf(cwd, [], ['socks', '--port', '1081'])
  const start = `${process.execPath} ${runnerBin}`
  assert.deepEqual(unit('WorkingDirectory'), [cwd])
  assert.deepEqual(unit('ExecStart'), [`${start} --nodaemon socks --port 1081`])
  assert.deepEqual(unit('ExecReload'), [`${start} reload`])
  assert.deepEqual(unit('Environment'), [
    'RUNNER_PIDFILE=%t/socks/pid',
    'RUNNER_CACHE_DIR=%C/socks',
    `RUNNER_PLUGIN_PATH=${ourPlugins}`,
  ])
  for (const [name, value] of Object.entries({
    Type: 'notify',
    NotifyAccess: 'main',
    WatchdogSec: '60',
    Restart: 'on-failure',
    RestartSec: '5',
    RestartPreventExitStatus: '64 66 73 77 78 79',
    DynamicUser: 'yes',
    ProtectSystem: 'strict',
    ProtectHome: 'yes',
    NoNewPrivileges: 'yes',
    CapabilityBoundingSet: '',
    RuntimeDirectory: 'socks',
    StateDirectory: 'socks',
    StandardError: 'journal',
    WantedBy: 'multi-user.target',
  })) {
    assert.deepEqual(unit(name), [value], name)
  }
  assert.deepEqual(unit('User'), [])
  assert.deepEqual(unit('AmbientCapabilities'), [])
})

test('the options of an export change what they say, and a foreground run is asked for once', async (t) => {
  const cwd = tempDir(t)
  const engine = [
    ...['--name', 'proxy', '--user', 'daemon', '--watchdog', '0', '--systemd', '255'],
    ...['--directory', 'run', '--node', '/opt/node', '--runner', '/opt/runner'],
    ...['--writable', 'data', '--writable', '/srv/a b'],
  ]
  const unit = await unitOf(cwd, engine, ['-n', '--log-format', 'json', 'socks'])
  assert.deepEqual(unit('ExecStart'), ['/opt/node /opt/runner -n --log-format json socks'])
  assert.deepEqual(unit('WorkingDirectory'), [join(cwd, 'run')])
  assert.deepEqual(unit('User'), ['daemon'])
  assert.deepEqual(unit('DynamicUser'), [])
  assert.deepEqual(unit('WatchdogSec'), [])
  assert.deepEqual(unit('RestartSteps'), ['6'])
  assert.deepEqual(unit('RestartMaxDelaySec'), ['60'])
  assert.deepEqual(unit('ReadWritePaths'), [`${join(cwd, 'data')} "/srv/a b"`])
  assert.deepEqual(unit('RuntimeDirectory'), ['proxy'])
  assert.deepEqual(unit('SyslogIdentifier'), ['proxy'])
})

test('systemd waits longer than runner itself does, for a stop and for a reload', async (t) => {
  const cwd = tempDir(t)
  const deadlines = async (words: readonly string[]): Promise<number[]> => {
    const unit = await unitOf(cwd, [], [...words, 'socks'])
    return ['TimeoutStopSec', 'TimeoutStartSec'].map((name) => Number(unit(name)[0]))
  }
  const [stop = 0, start = 0] = await deadlines([])
  assert.ok(stop > 3 * 30 && start > 2 * 60, `${stop} ${start}`)
  const [longer = 0, sooner = 0] = await deadlines(['--stop-timeout', '90', '--start-timeout', '5'])
  assert.ok(longer > 3 * 90 && sooner > 2 * 5 && sooner < start, `${longer} ${sooner}`)
  const [delayed = 0] = await deadlines(['--drain-delay', '20'])
  assert.equal(delayed, stop + 20)
  const [ofWorkers = 0, withWorkers = 0] = await deadlines(['--workers', '3'])
  assert.ok(ofWorkers > stop && withWorkers > 4 * 60, `${ofWorkers} ${withWorkers}`)
})

test('words are written so that systemd reads what was given', async (t) => {
  const cwd = tempDir(t)
  const words = [
    ['100%', '100%%'],
    ['$HOME', '$$HOME'],
    ['two words', '"two words"'],
    ['', '""'],
    ["it's", '"it\'s"'],
    ['say "so"', '"say \\"so\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['a\tb\nc\rd\u0001e\u007f', '"a\\tb\\nc\\rd\\x01e\\x7f"'],
    [';', '";"'],
    ['grün 🎉', '"grün 🎉"'],
    ['\u0085', '"\u0085"'],
  ] as const
  const given = words.map(([word]) => word)
  const unit = await unitOf(cwd, [], ['procmon', '--', 'echo', ...given])
  const written = words.map(([, each]) => each).join(' ')
  assert.ok(unit('ExecStart')[0]?.endsWith(` --nodaemon procmon -- echo ${written}`))
})

test('a directory is named as it is, and one that no unit can name is refused', async (t) => {
  const dir = tempDir(t)
  const cwd = join(dir, '50% "of" $it all\\here')
  mkdirSync(cwd)
  const unit = await unitOf(cwd, ['--writable', 'a "b" \\c'], ['socks'])
  assert.deepEqual(unit('WorkingDirectory'), [cwd.replace('%', '%%')])
  const quoted = join(cwd, 'a "b" \\c').replace('%', '%%').replace(/["\\]/g, '\\$&')
  assert.deepEqual(unit('ReadWritePaths'), [`"${quoted}"`])
  for (const bad of ['line\nbreak', 'blank ', 'slash\\']) {
    mkdirSync(join(dir, bad))
    const { status, stdout, stderr } = await say(join(dir, bad), [], ['socks'])
    assert.deepEqual([status, stdout], [64, ''])
    assert.match(stderr, /^runner: cannot export to systemd: no unit can name the path "/)
  }
})

test('only a port below 1024 has the unit keep a capability, the port of a monitor too', async (t) => {
  const cwd = tempDir(t)
  for (const [words, kept] of [
    [['socks', '--listen', 'tcp:80'], 'CAP_NET_BIND_SERVICE'],
    [['socks', '--port', '1023'], 'CAP_NET_BIND_SERVICE'],
    [['--monitor', 'tcp:99', 'socks'], 'CAP_NET_BIND_SERVICE'],
    [['socks', '--listen', 'tcp:1024', '--listen', 'tcp:0'], ''],
  ] as const) {
    const unit = await unitOf(cwd, [], words)
    assert.deepEqual(unit('CapabilityBoundingSet'), [kept], words.join(' '))
    assert.deepEqual(unit('AmbientCapabilities'), kept === '' ? [] : [kept])
  }
  writeFileSync(join(cwd, 'inetd.conf'), 'echo stream tcp nowait root internal\n')
  const inetd = await unitOf(cwd, [], ['inetd', '--file', 'inetd.conf'])
  assert.deepEqual(inetd('CapabilityBoundingSet'), ['CAP_NET_BIND_SERVICE'], 'a line has it')
  const unit = await unitOf(cwd, ['--socket'], ['socks', '--listen', 'tcp:80'])
  assert.deepEqual(unit('CapabilityBoundingSet'), [''], 'systemd opens it')
})

test('where servers listen is known though no option says so, in a tac file too', async (t) => {
  const cwd = tempDir(t)
  const text = `import { Application, HTTPServer, strports, TCPServer, UDPServer } from 'runnerd'
export const application = new Application('x')
const add = (service) => service.setServiceParent(application)
if (process.env.LOW) add(new TCPServer(1023, (socket) => socket.end()))
add(new UDPServer(5353, () => {}))
add(new HTTPServer('tcp:8080', () => {}))
add(strports.service('unix:/run/places/x', (socket) => socket.end()))
`
  writeFileSync(join(cwd, 'places.mjs'), text)
  const words = ['--tac', 'places.mjs']
  const high = await unitOf(cwd, [], words)
  assert.deepEqual(high('CapabilityBoundingSet'), [''])
  assert.deepEqual(high('ReadWritePaths'), ['/run/places'])
  const low = await unitOf(cwd, [], words, { LOW: '1' })
  assert.deepEqual(low('CapabilityBoundingSet'), ['CAP_NET_BIND_SERVICE'])
  const image = await runner(['export', 'compose', '--', ...words], { cwd })
  assert.match(
    image.stdout,
    /target: 5353\n +published: 5353\n +protocol: udp\n[\s\S]*target: 8080\n/,
  )
})

test('a pid file that was named is used, and without one a reload is a signal', async (t) => {
  const cwd = tempDir(t)
  const start = `${process.execPath} ${runnerBin}`
  const named = await unitOf(cwd, ['--user', 'daemon'], ['--pidfile', '/run/x/y.pid', 'socks'])
  assert.deepEqual(named('ExecReload'), [`${start} reload --pidfile /run/x/y.pid`])
  assert.ok(!named('Environment').some((line) => line.startsWith('RUNNER_PIDFILE')))
  assert.deepEqual(named('ReadWritePaths'), ['/run/x'])
  const none = await unitOf(cwd, [], ['--pidfile=', 'socks'])
  assert.deepEqual(none('ExecReload'), ['/bin/kill -HUP $MAINPID'])
})

test('variables of runner and of the plugin are in the unit, and others are not', async (t) => {
  const cwd = tempDir(t)
  const env = {
    RUNNER_SOCKS_PORT: '1099',
    RUNNER_LOG_LEVEL: 'warn',
    RUNNER_NODAEMON: '1',
    FOO: 'x',
  }
  const unit = await unitOf(cwd, [], ['socks'], env)
  const others = ['RUNNER_LOG_LEVEL=warn', `RUNNER_PLUGIN_PATH=${ourPlugins}`]
  assert.deepEqual(unit('Environment').slice(2), [...others, 'RUNNER_SOCKS_PORT=1099'])
  const passed = await unitOf(cwd, ['-s'], ['socks'], env)
  assert.deepEqual(passed('ListenStream'), ['127.0.0.1:1099'])
  assert.deepEqual(passed('Environment').slice(2), others, 'it would be opened twice')
})

test('--socket has systemd open what it can, in the place of the same endpoint', async (t) => {
  const cwd = tempDir(t)
  const one = await unitOf(cwd, ['--socket'], ['socks', '-p', '1081', '--timeout', '5'])
  assert.deepEqual(one('ListenStream'), ['127.0.0.1:1081'])
  assert.deepEqual(one('FileDescriptorName'), ['socks'])
  assert.match(
    one('ExecStart')[0] ?? '',
    / socks --timeout=5 --listen systemd:domain=INET:name=socks$/,
  )
  assert.deepEqual(one('Requires'), ['socks.socket'])
  assert.deepEqual(one('Also'), ['socks.socket'])
  assert.deepEqual(one('WantedBy'), ['multi-user.target', 'sockets.target'])
  const usual = await unitOf(cwd, ['--socket'], ['socks'])
  assert.equal(usual('ListenStream').length, 1)
  const all = ['tcp:81', 'tcp6:82', 'unix:/run/a b:mode=660', 'tcp:83:interface=\\:\\:1', 'tcp:0']
  const several = await say(cwd, ['-s'], ['socks', ...all.flatMap((each) => ['--listen', each])])
  assert.equal(several.status, 0, several.stderr)
  const lines = several.stdout.split('\n')
  assert.deepEqual(
    lines.filter((line) => /^(Listen|SocketMode|RemoveOnStop)/.test(line)),
    [
      ...['ListenStream=0.0.0.0:81', 'ListenStream=[::]:82', 'ListenStream=/run/a b'],
      ...['ListenStream=[::1]:83', 'SocketMode=0660', 'RemoveOnStop=yes'],
    ],
  )
  const listen = ['INET:index=0', 'INET6:index=1', 'UNIX:index=2', 'INET6:index=3']
  const start = lines.find((line) => line.startsWith('ExecStart=')) ?? ''
  const words = listen.map((each) => `--listen systemd:domain=${each}`).join(' ')
  assert.ok(start.endsWith(` socks ${words} --listen tcp:0`), start)
  assert.match(several.stderr, /^runner: socks opens 0\.0\.0\.0:0 itself: systemd can't$/m)
  const dns = ['dns', '--listen', 'udp:53', '--listen', 'tcp:53', '--hosts-file', '/etc/hosts']
  const both = await say(cwd, ['-s'], dns)
  assert.match(both.stdout, / --listen udp:53 --listen systemd:domain=INET:name=dns$/m)
  assert.match(both.stdout, /^ListenStream=0\.0\.0\.0:53\nFileDescriptorName=dns$/m)
  assert.match(both.stderr, /^runner: dns opens 0\.0\.0\.0:53 itself: systemd can't$/m)
})

for (const [words, lines] of [
  [
    ['--on', 'udp:53'],
    ['ListenDatagram=0.0.0.0:53', 'ReceiveBuffer=4M'],
  ],
  [
    ['--on', 'udp:53', '--tcp', 'tcp:53'],
    ['ListenDatagram=0.0.0.0:53', 'ListenStream=0.0.0.0:53'],
  ],
] as const) {
  const room = words.length > 2 ? 'a stream beside them has its own room' : 'have room in the queue'
  test(`--socket: datagrams that come while it starts ${room}`, async (t) => {
    const cwd = tempDir(t)
    mkdirSync(join(cwd, 'plugins'))
    writeFileSync(
      join(cwd, 'plugins', 'd.mjs'),
      `import { MultiService } from 'runnerd'
      export const d = { tapname: 'd', description: 'Is for datagrams.',
      makeService: () => new MultiService(),
      options: { on: { endpoint: 'datagram' }, tcp: { endpoint: 'server' } } }\n`,
    )
    const { status, stdout, stderr } = await say(cwd, ['-s'], ['d', ...words])
    assert.equal(status, 0, stderr)
    const settings = stdout.split('\n').filter((line) => /^(Listen|ReceiveB)/.test(line))
    assert.deepEqual(settings, lines)
  })
}

test('--socket takes paths that are as long as those of systemd can be', async (t) => {
  for (const path of [`/${'a'.repeat(106)}`, `/${'é'.repeat(53)}`]) {
    const unit = await unitOf(tempDir(t), ['-s'], ['socks', '--listen', `unix:${path}`])
    assert.deepEqual(unit('ListenStream'), [path])
  }
})

test('what a unit does better, or no unit can do, is refused', { skip: noIds }, async (t) => {
  const cwd = tempDir(t)
  writeFileSync(
    join(cwd, 'x.mjs'),
    `import { Application } from 'runnerd'
    export const application = Object.assign(new Application('x'), { uid: 1 })\n`,
  )
  for (const [engine, words, line] of [
    [[], ['-u', 'nobody', 'socks'], 'it would change its user itself'],
    [[], ['--tac', 'x.mjs'], 'it would change its user itself'],
    [[], ['--chroot', '.', 'socks'], '--chroot needs what a unit takes away'],
    [['-s'], ['socks', '--listen', 'fd:3'], 'socks takes sockets already; leave --socket out'],
    [['-s'], ['socks', '--listen', 'tcp:0'], '--socket has nothing to open for socks'],
    [
      ['-s'],
      ['socks', '--listen', 'unix:/a:mode=600', '--listen', 'unix:/b'],
      'its UNIX sockets have several modes; leave --socket out',
    ],
    ...[`/${'a'.repeat(107)}`, `/${'é'.repeat(54)}`].map(
      (path) =>
        [
          ['-s'],
          ['socks', '--listen', `unix:${path}`],
          `option --listen needs a path of at most 107 bytes, not ${path}`,
        ] as const,
    ),
    ...['-1', '1e30', '1e-7', '9223372036855'].map(
      (seconds) =>
        [
          [`--watchdog=${seconds}`],
          ['socks'],
          `option --watchdog needs 0, or a number of seconds from 0.001 to 9223372036854, not ${Number(seconds)}`,
        ] as const,
    ),
    [['--systemd', '252.5'], ['socks'], 'option --systemd needs a version from 247 on, not 252.5'],
    [['--systemd', '1e30'], ['socks'], 'option --systemd needs a version from 247 on, not 1e+30'],
    [
      ['--user', '4294967295'],
      ['socks'],
      'option --user needs a name, or a number of at most 4294967294, not 4294967295',
    ],
    [['--user', '65535'], ['socks'], "option --user can't be 65535, which is nobody's"],
  ] as const) {
    const { status, stdout, stderr } = await say(cwd, engine, words)
    assert.deepEqual([status, stdout], [64, ''], words.join(' '))
    assert.equal(stderr.split('\n')[0], `runner: cannot export to systemd: ${line}`)
  }
})

test('what the unit would lack is said, a line each', async (t) => {
  const cwd = tempDir(t)
  const notes = async (...args: Parameters<typeof say>): Promise<string[]> => {
    const { status, stderr } = await say(...args)
    assert.equal(status, 0, stderr)
    return stderr.split('\n').filter((line) => !line.includes("won't find") && line !== '')
  }
  assert.deepEqual(await notes(cwd, [], ['socks']), [])
  assert.deepEqual(await notes(cwd, ['--directory', '/home/x'], ['socks']), [
    'runner: /home/x is in a home: the user of the unit must be able to read it',
  ])
  assert.deepEqual(await notes(cwd, [], ['--logfile', '/srv/logs/x', 'socks']), [
    'runner: socks writes to /srv/logs, which a user of its own may not: --user names another',
  ])
  assert.deepEqual(await notes(cwd, [], ['socks', '--listen', 'unix:/run/socks/s']), [])
  const { stderr } = await say(cwd, ['--directory', '/tmp/x'], ['socks'])
  assert.match(stderr, /^runner: socks won't find \/tmp\/x: a unit has a directory of its own/m)
  const env = { RUNNER_PLUGIN_PATH: ourPlugins }
  const bare = { cwd, env, command: withoutKoffi(t) }
  const untold = await runner(['export', 'systemd', '--', 'socks'], bare)
  assert.match(untold.stderr, /^runner: koffi is not installed here: without it systemd /m)
})

test('a plugin that starts programs ends them itself', async (t) => {
  const cwd = tempDir(t)
  const words = ['procmon', '--', 'sleep', '1']
  assert.deepEqual((await unitOf(cwd, [], words))('KillMode'), ['mixed'])
  assert.deepEqual((await unitOf(cwd, [], ['socks']))('KillMode'), [])
})

test('systemd-analyze finds nothing to say of a unit, and scores it well', {
  skip: noAnalyze,
}, async (t: TestContext) => {
  const cwd = tempDir(t)
  const analyze = (...args: string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    return { status, output: stdout + stderr }
  }
  const version = Number(/\d+/.exec(analyze('--version').output)?.[0])
  for (const [name, engine, words] of [
    ['plain', [], ['socks']],
    ['open', ['--user', 'daemon'], ['--workers', '2', 'socks', '--listen', 'tcp:80']],
    ['passed', ['-s'], ['socks', '--listen', 'tcp:81', '--listen', 'unix:/run/p']],
    ['starts', [], ['procmon', '--', 'echo', '%d "$x"', '\\ ; \n \u0001']],
  ] as const) {
    const out = ['--out', '.', '--name', name, '--directory', '/', ...engine]
    const { status, stdout, stderr } = await say(cwd, out, words)
    assert.equal(status, 0, stderr)
    const files = stdout.trimEnd().split('\n')
    assert.deepEqual(analyze('verify', ...files), { status: 0, output: '' }, name)
    // It looks into files since then.
    if (version < 250) continue
    const { output } = analyze('security', '--offline=yes', join(cwd, `${name}.service`))
    const [, score] = /Overall exposure level for \S+: (\d+\.\d)/.exec(output) ?? []
    assert.ok(Number(score) < 3, `${name}: ${score}`)
  }
})
