import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import http2 from 'node:http2'
import net from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import tls from 'node:tls'
import { freePort } from '../helpers/free-port.ts'
import { fixtures, ourPlugins } from '../helpers/paths.ts'
import { pemFiles } from '../helpers/pem-files.ts'
import { reload } from '../helpers/reloadable.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'listens') }

async function fetchFrom(port: number, host = '127.0.0.1'): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(port, host)) text += chunk
  return text
}

async function fetchAt(path: string): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(path)) text += chunk
  return text
}

test('a plugin listens on each --listen, and on --port of localhost', async (t) => {
  const cwd = tempDir(t)
  const [first, second] = [await freePort(), await freePort()]
  const args = [
    'listens',
    '--listen',
    `tcp:${first}`,
    '--listen',
    'unix:a.sock:mode=600',
    '-p',
    String(second),
  ]
  const { pid, stop } = await daemon(t, args, { cwd, env })
  assert.equal(await fetchFrom(first, '127.0.0.2'), String(pid))
  assert.equal(await fetchFrom(second), String(pid))
  await assert.rejects(fetchFrom(second, '127.0.0.2'), { code: 'ECONNREFUSED' })
  const path = join(cwd, 'a.sock')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(await fetchAt(path), String(pid))
  const { stdout } = await runner(['status', '--pidfile', 'runner.pid'], { cwd, env })
  assert.match(stdout, /unix .*a\.sock +0 of 3 +1/)
  await stop()
  assert.ok(!existsSync(path))
})

test('the path of unix: is meant from where runner was started, whatever --rundir is', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'run'))
  const names = ['unix:a\\:b.sock', 'unix:path=c.sock', 'unix:mode=600:address=d.sock']
  const listen = names.flatMap((each) => ['--listen', each])
  const { pid } = await daemon(t, ['--rundir', 'run', 'listens', ...listen], { cwd, env })
  for (const name of ['a:b.sock', 'c.sock', 'd.sock']) {
    assert.equal(await fetchAt(join(cwd, name)), String(pid))
  }
})

test('so is that of a UNIX socket which TLS goes through to a server', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'run'))
  const pem = pemFiles(cwd)
  const server = tls.createServer({ key: readFileSync(pem.key), cert: readFileSync(pem.cert) })
  server.on('secureConnection', (socket) => socket.end('by TLS'))
  await once(server.listen(join(cwd, 'tls.sock')), 'listening')
  t.after(() => server.close())
  const port = String(await freePort())
  const destination = 'tls:localhost:1:endpoint=unix\\:tls.sock:trustRoots=localhost-cert.pem'
  const args = ['--rundir', 'run', 'portforward', '--port', port, '--destination', destination]
  await daemon(t, args, { cwd, env: { RUNNER_PLUGIN_PATH: ourPlugins } })
  assert.equal(await fetchFrom(Number(port)), 'by TLS')
})

test('endpoints in the environment are separated by spaces', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const RUNNER_LISTENS_LISTEN = `tcp:${port}:interface=localhost  unix:a\\ b.sock`
  const { pid } = await daemon(t, ['listens'], { cwd, env: { ...env, RUNNER_LISTENS_LISTEN } })
  assert.equal(await fetchFrom(port), String(pid))
  assert.equal(await fetchAt(join(cwd, 'a b.sock')), String(pid))
})

const port = 'the port must be a number from 0 to 65535, not 99999'
for (const [listen, line] of [
  ['tcp:99999', `runner: cannot use --listen tcp:99999: ${port}\n`],
  [
    '8080',
    'runner: cannot use --listen 8080: there is no endpoint type 8080\nhint: tcp:8080 is a port\n',
  ],
  [
    'tcp:80:ifce=x',
    'runner: cannot use --listen tcp:80:ifce=x: unknown keyword ifce; tcp: takes port, interface and backlog\n',
  ],
] as const) {
  for (const how of [['--nodaemon'], [], ['check']] as const) {
    test(`--listen ${listen} is status 64 and one line, with ${how[0] ?? 'a daemon'}`, async (t) => {
      const cwd = tempDir(t)
      const ended = await runner([...how, 'listens', '--listen', listen], { cwd, env })
      assert.deepEqual([ended.status, ended.stderr, ended.stdout], [64, line, ''])
      // It was found out before anything was begun.
      assert.ok(!existsSync(join(cwd, 'runner.log')))
    })
  }
}

test('a bad endpoint in the environment is refused as one in the command line', async (t) => {
  const cwd = tempDir(t)
  const more = { RUNNER_LISTENS_LISTEN: 'tcp:1 tcp:99999' }
  const ended = await runner(['check', 'listens'], { cwd, env: { ...env, ...more } })
  const hint = 'hint: --listen is from the variable RUNNER_LISTENS_LISTEN'
  assert.deepEqual(
    [ended.status, ended.stderr],
    [64, `runner: cannot use --listen tcp:99999: ${port}\n${hint}\n`],
  )
})

test('a key or certificate that can not be used is one line, in a check and before a port is bound', async (t) => {
  const cwd = tempDir(t)
  const pem = pemFiles(cwd)
  const other = pemFiles(cwd, 'other')
  writeFileSync(join(cwd, 'junk.pem'), 'junk')
  for (const [files, status, reason] of [
    [
      'privateKey=nowhere.pem',
      66,
      /cannot read the private key .*nowhere\.pem: no such file or directory/,
    ],
    [
      'privateKey=junk.pem',
      78,
      /cannot use the private key .*junk\.pem: it holds no private key in PEM/,
    ],
    [
      `privateKey=${pem.key}:certKey=${other.cert}`,
      78,
      /cannot use the certificate .*other-cert\.pem: .*localhost-key\.pem is the key of another/,
    ],
  ] as const) {
    const taken = net.createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const busy = (taken.address() as net.AddressInfo).port
    const listen = ['--listen', `tcp:${busy}:interface=localhost`, '--listen', `ssl:0:${files}`]
    for (const how of ['check', '--nodaemon']) {
      // The taken port, which is asked for first, is not even found.
      const ended = await runner([how, 'listens', ...listen], { cwd, env })
      assert.match(ended.stderr, reason)
      assert.equal(ended.stderr.match(/\n/g)?.length, 1, ended.stderr)
      assert.equal(ended.status, status)
    }
    taken.close()
  }
})

test('a key that only another user may read is status 77', {
  skip: process.getuid?.() !== 0 && 'root only',
}, async (t) => {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o777)
  const pem = pemFiles(cwd)
  chmodSync(pem.key, 0o600)
  const args = ['check', 'listens', '--listen', `ssl:0:privateKey=${pem.key}:certKey=${pem.cert}`]
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath]
  const command = [...nobody, join(import.meta.dirname, '../../../packages/runner/bundle/main.js')]
  const { status, stderr } = await runner(args, { cwd, env, command })
  assert.match(stderr, /^runner: cannot read the private key .*: permission denied\nhint: /)
  assert.equal(status, 77)
})

/** The name of the certificate that a server shows, and what it says. */
async function overTLS(port: number): Promise<{ name: string; text: string }> {
  const socket = tls.connect({ port, host: 'localhost', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const name = String(socket.getPeerCertificate().subject.CN)
  let text = ''
  for await (const chunk of socket) text += chunk
  return { name, text }
}

test('a reload reads key and certificate again, and one with bad ones changes nothing', async (t) => {
  const cwd = tempDir(t)
  const [pem, renewed] = [pemFiles(cwd), pemFiles(cwd, 'renewed')]
  const port = await freePort()
  const listen = `ssl:${port}:interface=localhost:privateKey=${pem.key}:certKey=${pem.cert}`
  const { pid } = await daemon(t, ['listens', '--listen', listen], { cwd, env })
  assert.deepEqual(await overTLS(port), { name: 'localhost', text: String(pid) })
  writeFileSync(pem.cert, readFileSync(renewed.cert))
  const failed = await reload(cwd)
  assert.match(
    failed.line ?? '',
    /cannot use the certificate .*localhost-key\.pem is the key of another/,
  )
  assert.deepEqual(await overTLS(port), { name: 'localhost', text: String(pid) })
  cpSync(renewed.key, pem.key)
  const { pid: next } = await reload(cwd)
  t.after(() => process.kill(next, 'SIGKILL'))
  assert.deepEqual(await overTLS(port), { name: 'renewed', text: String(next) })
})

test('a request of HTTP/2 that is under way survives a reload, and the next is answered by the successor', async (t) => {
  const cwd = tempDir(t)
  const pem = pemFiles(cwd)
  const port = await freePort()
  const listen = `ssl:${port}:interface=localhost:privateKey=${pem.key}:certKey=${pem.cert}`
  await daemon(t, ['listens-web', '--listen', listen], { cwd, env })
  const answers: string[] = []
  let isOver = false
  const ask = async (): Promise<void> => {
    const client = http2.connect(`https://localhost:${port}`, { ca: readFileSync(pem.cert) })
    client.on('error', () => {})
    t.after(() => client.destroy())
    while (!client.closed && !client.destroyed && !isOver) {
      const stream = client.request({ ':path': '/' }).setEncoding('utf8')
      let text = ''
      for await (const chunk of stream) text += chunk
      assert.match(text, /^\d+$/)
      answers.push(text)
    }
  }
  const asking = (async () => {
    while (!isOver) await ask()
  })()
  const { pid } = await reload(cwd)
  t.after(() => process.kill(pid, 'SIGKILL'))
  while (answers.at(-1) !== String(pid)) await new Promise(setImmediate)
  isOver = true
  await asking
})

test('curl gets HTTP/2 and HTTP/1.1 from an HTTPS endpoint', async (t) => {
  const cwd = tempDir(t)
  const pem = pemFiles(cwd)
  const port = await freePort()
  const listen = `ssl:${port}:interface=localhost:privateKey=${pem.key}:certKey=${pem.cert}`
  const running = foreground(t, ['listens-web', '--listen', listen], { cwd, env })
  await running.line(/starting on/)
  await running.line(/Starting factory/)
  const curl = (...more: string[]): string =>
    execFileSync(
      'curl',
      [
        '-s',
        '--retry-connrefused',
        '--retry',
        '3',
        '--cacert',
        pem.cert,
        '-w',
        ' %{http_version}',
        ...more,
        `https://localhost:${port}/`,
      ],
      { encoding: 'utf8' },
    )
  assert.equal(curl(), `${running.pid} 2`)
  assert.equal(curl('--http1.1'), `${running.pid} 1.1`)
})

test('a port that is named twice is said to be had by the run itself', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const twice = ['--listen', `tcp:${port}`, '--listen', `tcp:${port}:interface=127.0.0.1`]
  const { status, stderr } = await runner(['-n', 'listens', ...twice], { cwd, env })
  assert.match(
    stderr,
    /^runner: cannot listen on 127\.0\.0\.1:\d+: address already in use by node /,
  )
  assert.ok(stderr.endsWith(`\nhint: that is itself: it has 0.0.0.0:${port} already\n`), stderr)
  assert.equal(status, 69)
})

test('tcp6: and tcp: of one port is one line that says which of them is enough', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const both = ['--listen', `tcp:${port}`, '--listen', `tcp6:${port}`]
  const { status, stderr } = await runner(['-n', 'listens', ...both], { cwd, env })
  assert.match(
    stderr,
    /^runner: cannot listen on \[::\]:\d+: address already in use by node \(pid \d+\)\n/,
  )
  assert.match(
    stderr,
    /\nhint: the address :: is that of tcp6: and takes IPv4 too, so that tcp: is not needed\n$/,
  )
  assert.equal(status, 69)
})
