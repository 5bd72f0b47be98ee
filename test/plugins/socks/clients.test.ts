import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { passwordLine } from '../../helpers/password-line.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { type Daemon, daemon, gone, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { inTime } from './in-time.ts'
import { RawClient } from './raw-client.ts'
import { destination, echo } from './served.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }

/** Where a command is; a server may be where a user's PATH doesn't lead. */
function pathOf(command: string): string {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
  return spawnSync('which', [command], { env, encoding: 'utf8' }).stdout.trim()
}

function missing(...commands: string[]): string | false {
  const none = commands.find((command) => pathOf(command) === '')
  return none === undefined ? false : `${none} is not installed`
}

/** A proxy that runs as a daemon, and its port. */
async function proxy(
  t: TestContext,
  ...words: string[]
): Promise<Daemon & { readonly port: number; readonly cwd: string }> {
  const cwd = tempDir(t)
  const port = await freePort()
  const started = await daemon(t, ['socks', '--port', String(port), ...words], { cwd, env })
  return { ...started, port, cwd }
}

/** A web server that says who asked it. */
async function web(t: TestContext): Promise<number> {
  const server = createServer((_, response) => response.end('hello\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

interface Said {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a client to its end; not in a way that keeps the servers here from answering. */
async function run(command: string, args: readonly string[], input = ''): Promise<Said> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text
    })
  }
  child.stdin.on('error', () => {}).end(input)
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  try {
    const status = await inTime(() => `the end of ${command}, which said ${said.stderr}`, closed)
    return { status, ...said }
  } finally {
    child.kill('SIGKILL')
  }
}

test('curl fetches a page through it by every version of SOCKS', {
  skip: missing('curl'),
}, async (t) => {
  const at = await web(t)
  const { port, log } = await proxy(t)
  for (const version of ['--socks4', '--socks4a', '--socks5', '--socks5-hostname']) {
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = `http://${host}:${at}/`
      // Newer ones look localhost up as ::1 first, where the web server isn't.
      const said = await run('curl', ['-4sS', '--noproxy', '', version, `127.0.0.1:${port}`, url])
      assert.deepEqual(said, { status: 0, stdout: 'hello\n', stderr: '' }, `${version} ${url}`)
    }
  }
  const lines = log().match(
    /\[SOCKS\] CONNECT to localhost:\d+ by \S+ authorized at 127\.0\.0\.1$/gm,
  )
  assert.equal(lines?.length, 2, 'names are looked up by the proxy for 4a and 5-hostname only')
  const closed = await freePort()
  for (const [version, code] of [
    ['--socks4', '91'],
    ['--socks5', '5'],
  ] as const) {
    const url = `http://127.0.0.1:${closed}/`
    const said = await run('curl', ['-sS', '--noproxy', '', version, `127.0.0.1:${port}`, url])
    assert.equal(said.status, 97)
    assert.match(said.stderr, new RegExp(`\\(${code}\\)|\\(${code}[,)]`))
  }
})

test('curl logs in with the password that runner passwd has set', {
  skip: missing('curl'),
}, async (t) => {
  const at = await web(t)
  const cwd = tempDir(t)
  const set = await runner(['passwd', 'users', 'anna'], { cwd, input: 'a long word' })
  assert.equal(set.status, 0)
  const { port, log } = await proxy(t, '--password-file', join(cwd, 'users'))
  const through = (user: string): Promise<Said> =>
    run('curl', [
      ...['-sS', '--noproxy', '', '--proxy', `socks5h://${user}127.0.0.1:${port}`],
      `http://localhost:${at}/`,
    ])
  assert.equal((await through('anna:a%20long%20word@')).stdout, 'hello\n')
  assert.match(log(), /CONNECT to localhost:\d+ by \S+ \(user anna\) authorized at 127/)
  assert.equal((await through('anna:a%20short%20word@')).status, 97)
  assert.match(log(), /refused: wrong password of user "anna"$/m)
  assert.equal((await through('')).status, 97)
  writeFileSync(join(cwd, 'users'), passwordLine('bert', 'x'))
  assert.equal((await through('anna:a%20long%20word@')).status, 97)
  assert.equal((await through('bert:x@')).stdout, 'hello\n')
})

test('a session of ssh goes through it, by SOCKS 5 and 4', {
  skip: missing('ssh', 'sshd', 'ssh-keygen', 'nc'),
}, async (t) => {
  const { port } = await proxy(t)
  const { at, options } = await sshServer(t)
  for (const version of ['5', '4']) {
    const by = `ProxyCommand=nc -X ${version} -x 127.0.0.1:${port} %h %p`
    const said = await run(
      'ssh',
      [...options, '-o', by, '-p', String(at), '127.0.0.1', 'cat'],
      'there',
    )
    assert.deepEqual([said.status, said.stdout], [0, 'there'], said.stderr)
  }
})

/** An ssh server for the user that runs the tests. */
async function sshServer(t: TestContext): Promise<{ at: number; options: string[] }> {
  const dir = tempDir(t)
  chmodSync(dir, 0o755)
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)])
  }
  copyFileSync(join(dir, 'user.pub'), join(dir, 'keys'))
  const at = await freePort()
  const config = [
    ...[`Port ${at}`, 'ListenAddress 127.0.0.1', `HostKey ${join(dir, 'host')}`],
    ...[`AuthorizedKeysFile ${join(dir, 'keys')}`, 'StrictModes no', 'UsePAM no', 'PidFile none'],
    'PermitRootLogin yes',
  ]
  writeFileSync(join(dir, 'config'), `${config.join('\n')}\n`)
  // Where root's children shed their privileges; the package's unit makes it.
  if (process.getuid?.() === 0) execFileSync('mkdir', ['-p', '/run/sshd'])
  const server = spawn(pathOf('sshd'), ['-D', '-e', '-f', join(dir, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => server.kill('SIGKILL'))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    server.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
      if (/Server listening on/.test(said)) resolve()
    })
    server.on('exit', () => reject(new Error(said)))
  })
  const known = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${join(dir, 'known')}`]
  const identity = ['IdentitiesOnly=yes', `IdentityFile=${join(dir, 'user')}`, 'BatchMode=yes']
  const options = [...known, ...identity, `User=${userInfo().username}`].flatMap((each) => [
    '-o',
    each,
  ])
  return { at, options: ['-F', 'none', ...options] }
}

test('ncat goes through it, with a password', { skip: missing('ncat') }, async (t) => {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'users'), passwordLine('anna', 'tiger'), { mode: 0o600 })
  const { port } = await proxy(t, '--password-file', join(cwd, 'users'))
  const there = await destination(t, (socket) => {
    socket.on('data', (data) => socket.end(`heard ${data}`))
  })
  const by = [
    '--proxy',
    `127.0.0.1:${port}`,
    '--proxy-type',
    'socks5',
    '--proxy-auth',
    'anna:tiger',
  ]
  const said = await run('ncat', [...by, '127.0.0.1', String(there)], 'hello')
  assert.equal(said.stdout, 'heard hello')
})

test('a reload loses no connection: those that are open go on, and new ones come about', async (t) => {
  const there = await destination(t, echo)
  const { port, cwd, pid, pidfile } = await proxy(t)
  const open = await RawClient.connect(t, port)
  await open.greet()
  assert.equal((await open.ask(1, '127.0.0.1', there)).code, 0)
  let isOver = false
  let done = 0
  const busy = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const client = await RawClient.connect(t, port)
      await client.greet()
      assert.equal((await client.ask(1, '127.0.0.1', there)).code, 0)
      client.socket.end('hello')
      assert.equal(String(await client.rest()), 'hello')
      done += 1
    }
  })
  const { status, stderr } = await runner(['reload'], { cwd })
  const successor = Number(readFileSync(pidfile, 'utf8'))
  t.after(async () => {
    process.kill(successor, 'SIGTERM')
    await gone(successor)
  })
  assert.deepEqual([status, stderr], [0, ''])
  assert.notEqual(successor, pid)
  const before = done
  await waitFor(cwd, () => (done > before + 8 ? true : undefined))
  isOver = true
  await Promise.all(busy)
  open.send('still here')
  assert.equal(String(await open.read(10)), 'still here')
  open.socket.end()
  await gone(pid)
})

test('a stop ends what is open on both sides, and the process', async (t) => {
  const ends: string[] = []
  const there = await destination(t, (socket) => {
    socket.resume().on('close', () => ends.push('destination'))
  })
  const { port, cwd, pid, log } = await proxy(t)
  const tunnel = await RawClient.connect(t, port)
  await tunnel.greet()
  await tunnel.ask(1, '127.0.0.1', there)
  const listening = await RawClient.connect(t, port)
  await listening.greet()
  const bound = await listening.ask(2, '127.0.0.1', 21)
  const datagrams = await RawClient.connect(t, port)
  await datagrams.greet()
  assert.equal((await datagrams.ask(3, '0.0.0.0', 0)).code, 0)
  const waiting = await RawClient.connect(t, port)
  const stopped = await runner(['stop'], { cwd })
  assert.deepEqual([stopped.status, stopped.stderr], [0, ''])
  await gone(pid)
  for (const client of [tunnel, listening, datagrams, waiting]) await client.rest()
  await waitFor(cwd, () => (ends.length === 1 ? true : undefined))
  await assert.rejects(RawClient.connect(t, bound.port), { code: 'ECONNREFUSED' })
  assert.doesNotMatch(log(), /Not stopped|Error|Traceback/)
})
