import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { activated, activatedForeground } from '../helpers/activated.ts'
import { freePort } from '../helpers/free-port.ts'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { pidIn, reload, running } from '../helpers/reloadable.ts'
import { cleanEnv, gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { endAll, processesWith } from './conformance/processes.ts'

const skip = spawnSync('python3', ['-c', '']).status === 0 ? false : 'python3 is not installed'
const plugins = { RUNNER_PLUGIN_PATH: join(fixtures, 'listens') }

/** A directory, and an environment by which all that is left of a run is found and ended. */
function place(t: TestContext): { cwd: string; env: NodeJS.ProcessEnv } {
  const cwd = tempDir(t)
  t.after(() => endAll(() => processesWith(`INHERITED_TEST=${cwd}`)))
  return { cwd, env: { ...plugins, INHERITED_TEST: cwd } }
}

async function ask(...to: Parameters<typeof net.connect>): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(...to)) text += chunk
  return text
}

async function askPort(port: number, host = '127.0.0.1'): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(port, host)) text += chunk
  return text
}

test('a daemon listens on sockets of systemd, by index and by name, of each domain', {
  skip,
}, async (t) => {
  const { cwd, env } = place(t)
  const [four, six] = [await freePort(), await freePort()]
  const path = join(cwd, 'web.sock')
  const sockets = [`tcp=${four}`, `tcp6=${six}`, `unix=${path}`]
  const listen = [
    'systemd:domain=INET:index=0',
    'systemd:domain=INET6:name=six',
    'systemd:domain=UNIX:index=2',
  ]
  const args = ['listens', ...listen.flatMap((each) => ['--listen', each])]
  const { status, stderr } = await activated(args, {
    cwd,
    env,
    sockets,
    names: ['web', 'six', 'web'],
  })
  assert.deepEqual([status, stderr], [0, ''])
  const pid = pidIn(cwd)
  for (const answer of [await askPort(four), await askPort(six, '::1'), await ask(path)]) {
    assert.equal(answer, String(pid))
  }
  const told = await runner(['status', '--pidfile', 'runner.pid'], { cwd, env })
  assert.match(told.stdout, new RegExp(`unix ${path}`))
  assert.equal((await runner(['stop'], { cwd, env })).status, 0)
  // It is not ours.
  assert.ok(existsSync(path))
})

for (const how of ['a daemon', 'the foreground', 'two workers'] as const) {
  test(`${how}: sockets of systemd, used or not, are there through reloads`, {
    skip,
  }, async (t) => {
    const { cwd, env } = place(t)
    const [used, other] = [await freePort(), await freePort()]
    const activation = {
      cwd,
      env,
      sockets: [`tcp=${used}`, `tcp=${other}`],
      names: ['used', 'other'],
    }
    const args = ['listens', '--listen', 'systemd:domain=INET:name=used']
    if (how === 'the foreground') activatedForeground(t, args, activation)
    else {
      const workers = how === 'two workers' ? ['--workers', '2'] : []
      const { status, stderr } = await activated([...workers, ...args], activation)
      assert.deepEqual([status, stderr], [0, ''])
    }
    await running(cwd)
    const first = await askPort(used)
    const answers = new Set([first])
    for (let n = 2; n < 5; n += 1) {
      assert.equal((await reload(cwd)).generation, n)
      const answer = await askPort(used)
      assert.match(answer, /^\d+$/)
      answers.add(answer)
    }
    // A process each; of two workers either answers.
    assert.equal(answers.size, 4)
    assert.equal((await runner(['stop'], { cwd, env })).status, 0)
  })
}

/** A plugin that listens as a file says, which each generation reads. */
function readsWhere(cwd: string): void {
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(
    join(cwd, 'plugins', 'reads.js'),
    `import { readFileSync } from 'node:fs'
    import { defineServiceMaker, strports } from 'runnerd'
    export const reads = defineServiceMaker({
      tapname: 'reads',
      description: 'Listens as a file says.',
      options: { file: { normalize: true, default: 'listen.txt' } },
      makeService({ file }) {
        return strports.service(readFileSync(file, 'utf8'), (socket) => socket.end(String(process.pid)))
      },
    })
    `,
  )
}

for (const workers of [[], ['--workers', '2']] as const) {
  const who = workers.length > 0 ? 'workers' : 'a daemon'
  test(`${who}: a socket of systemd is there for a later generation, whoever has used it or not`, {
    skip,
  }, async (t) => {
    const { cwd, env } = place(t)
    readsWhere(cwd)
    const ports = [await freePort(), await freePort()]
    const say = (index: number): void =>
      writeFileSync(join(cwd, 'listen.txt'), `systemd:domain=INET:index=${index}`)
    say(0)
    const sockets = ports.map((port) => `tcp=${port}`)
    const activation = { cwd, env, sockets, names: ['a', 'b'] }
    const { status, stderr } = await activated([...workers, 'reads'], activation)
    assert.deepEqual([status, stderr], [0, ''])
    let before = await askPort(ports[0] as number)
    for (const index of [0, 1, 0]) {
      say(index)
      await reload(cwd)
      const answer = await askPort(ports[index] as number)
      assert.match(answer, /^\d+$/)
      assert.notEqual(answer, before)
      before = answer
    }
  })
}

for (const how of ['--nodaemon', undefined] as const) {
  test(`fd:3 is the socket with that number, ${how ?? 'for a daemon too'}`, { skip }, async (t) => {
    const { cwd, env } = place(t)
    const port = await freePort()
    const args = ['listens', '--listen', 'fd:3']
    const activation = { cwd, env, sockets: [`tcp=${port}`] }
    if (how) activatedForeground(t, args, activation)
    else assert.equal((await activated(args, activation)).status, 0)
    await running(cwd)
    assert.equal(await askPort(port), String(pidIn(cwd)))
    const { pid } = await reload(cwd)
    assert.equal(await askPort(port), String(pid))
  })
}

test('fd:3 in the environment is passed to a daemon too', { skip }, async (t) => {
  const { cwd, env } = place(t)
  const port = await freePort()
  const more = { ...env, RUNNER_LISTENS_LISTEN: 'fd:3' }
  const { status, stderr } = await activated(['listens'], {
    cwd,
    env: more,
    sockets: [`tcp=${port}`],
  })
  assert.deepEqual([status, stderr], [0, ''])
  assert.equal(await askPort(port), String(pidIn(cwd)))
})

const systemd = 'systemd:domain=INET:'
for (const [listen, reason, more = {}] of [
  [`${systemd}index=1`, 'there is no such socket: 1 socket was passed, named web'],
  [`${systemd}name=x`, 'there is no such socket: 1 socket was passed, named web'],
  ['systemd:domain=UNIX:index=0', 'the socket is of domain INET'],
  ['systemd:domain=INET6:index=0', 'the socket is of domain INET'],
  ['fd:9', /it is no socket|no such socket was passed on/],
  [`${systemd}index=0`, 'the sockets are for the process 1, says LISTEN_PID', { LISTEN_PID: '1' }],
] as const) {
  test(`${listen} that can not be had is one line and status 69: ${reason}`, {
    skip,
  }, async (t) => {
    const { cwd, env } = place(t)
    const port = await freePort()
    const options = { cwd, env: { ...env, ...more }, sockets: [`tcp=${port}`], names: ['web'] }
    const args = ['--nodaemon', 'listens', '--listen', listen]
    const { status, stderr } = await activated(args, options)
    const said = /^runner: cannot listen on ([^ ]+): (.*)\n$/.exec(stderr)
    assert.equal(said?.[1], listen, stderr)
    if (typeof reason === 'string') assert.equal(said?.[2], reason)
    else assert.match(said?.[2] ?? '', reason)
    assert.equal(status, 69)
  })
}

test('a socket of systemd without one is status 69, and no reason to fail a check', async (t) => {
  const { cwd, env } = place(t)
  const args = ['listens', '--listen', `${systemd}index=0`]
  const { status, stderr } = await runner(['--nodaemon', ...args], { cwd, env })
  assert.equal(
    stderr,
    `runner: cannot listen on ${systemd}index=0: no socket was passed: LISTEN_FDS is not set\n`,
  )
  assert.equal(status, 69)
  assert.equal((await runner(['check', ...args], { cwd, env })).status, 0)
})

/** A plugin that tells its pid by datagrams, and what its endpoint string is. */
function tellsByDatagram(cwd: string): void {
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(
    join(cwd, 'plugins', 'datagrams.js'),
    `import { defineServiceMaker, UDPServer } from 'runnerd'
    export const datagrams = defineServiceMaker({
      tapname: 'datagrams',
      description: 'Tells its pid.',
      options: { on: { endpoint: 'datagram', demandOption: true } },
      makeService: ({ on }) => new UDPServer(on, (_data, from, socket) => {
        socket.send(String(process.pid), from.port, from.address)
      }),
    })
    `,
  )
}

async function askByDatagram(t: TestContext, port: number): Promise<string> {
  const socket = dgram.createSocket('udp4')
  t.after(() => socket.close())
  const answered = once(socket, 'message')
  socket.send('who?', port, '127.0.0.1')
  return String((await answered)[0])
}

test('a datagram socket of systemd is there for a UDPServer, and after a reload', {
  skip,
}, async (t) => {
  const { cwd, env } = place(t)
  tellsByDatagram(cwd)
  const port = await freePort()
  const args = ['datagrams', '--on', 'systemd:domain=INET:index=1']
  const sockets = [`tcp=${await freePort()}`, `udp=${port}`]
  const { status, stderr } = await activated(args, { cwd, env, sockets, names: ['a', 'b'] })
  assert.deepEqual([status, stderr], [0, ''])
  assert.equal(await askByDatagram(t, port), String(pidIn(cwd)))
  const { pid } = await reload(cwd)
  assert.equal(await askByDatagram(t, port), String(pid))
})

test('udp: is a port, and a socket of the wrong type is one line and status 69', {
  skip,
}, async (t) => {
  const { cwd, env } = place(t)
  tellsByDatagram(cwd)
  const port = await freePort()
  const args = ['datagrams', '--on', `udp:${port}:interface=localhost`]
  assert.equal((await runner(args, { cwd, env })).status, 0)
  assert.equal(await askByDatagram(t, port), String(pidIn(cwd)))
  const unixgram = `unixgram=${join(cwd, 'u.sock')}`
  const sockets = [`tcp=${await freePort()}`, `udp=${await freePort()}`, unixgram]
  for (const [words, reason] of [
    [['datagrams', '--on', 'fd:3'], 'cannot listen on fd:3: it is no datagram socket'],
    [['listens', '--listen', 'fd:4'], 'cannot listen on fd:4: it is no stream socket'],
    [
      ['datagrams', '--on', 'systemd:domain=UNIX:index=2'],
      "cannot listen on systemd:domain=UNIX:index=2: Node can't use a socket of its type",
    ],
  ] as const) {
    rmSync(join(cwd, 'u.sock'), { force: true })
    const activation = { cwd, env, sockets, names: ['a', 'b', 'c'] }
    const ended = await activated(['--nodaemon', '--pidfile=', ...words], activation)
    assert.deepEqual([ended.status, ended.stderr], [69, `runner: ${reason}\n`])
  }
  const bad = await runner(['check', 'datagrams', '--on', 'tcp:53'], { cwd, env })
  const hint = 'hint: there are udp, udp6, systemd, fd'
  const line = `runner: cannot use --on tcp:53: there is no endpoint type tcp\n${hint}\n`
  assert.deepEqual([bad.status, bad.stderr], [64, line])
})

test('two services can not have one socket', { skip }, async (t) => {
  const { cwd, env } = place(t)
  const port = await freePort()
  const args = ['--nodaemon', 'listens', '--listen', 'fd:3', '--listen', 'fd:3']
  const { status, stderr } = await activated(args, { cwd, env, sockets: [`tcp=${port}`] })
  assert.match(stderr, /^runner: cannot listen on fd:3: address already in use\n$/)
  assert.equal(status, 69)
})

test('a descriptor that nobody can listen on is one line and status 69', { skip }, async (t) => {
  const { cwd, env } = place(t)
  const args = ['--nodaemon', 'listens', '--listen', 'fd:3']
  const { status, stderr } = await activated(args, { cwd, env, sockets: ['pair'] })
  assert.match(stderr, /^runner: cannot listen on fd:3: it is no socket to listen on\n$/)
  assert.equal(status, 69)
})

const activator = 'systemd-socket-activate'
const isThere = spawnSync(activator, ['--version']).status === 0
test('systemd-socket-activate starts it with the first connection', {
  skip: !isThere && `${activator} is not installed`,
}, async (t) => {
  const { cwd, env } = place(t)
  const port = await freePort()
  const command = [
    process.execPath,
    runnerBin,
    '--nodaemon',
    'listens',
    '--listen',
    `${systemd}name=web`,
  ]
  const more = Object.entries({ ...cleanEnv(cwd, env) }).flatMap(([name, value]) => [
    '-E',
    `${name}=${value}`,
  ])
  const child = spawn(activator, ['-l', `127.0.0.1:${port}`, '--fdname=web', ...more, ...command], {
    cwd,
    env: cleanEnv(cwd, env),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => gone(child.pid as number))
  t.after(() => child.kill('SIGTERM'))
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('Listening on')) resolve()
    })
  })
  // It becomes the command.
  assert.equal(await askPort(port), String(child.pid))
  assert.ok(isAlive(child.pid as number))
})
