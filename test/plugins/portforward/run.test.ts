import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { Load, page, type Tally } from '../../helpers/load.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { reload, running } from '../../helpers/reloadable.ts'
import { daemon, type Ended } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { all, client, listening } from './peers.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }

/** A client of the system that a test is skipped without; in CI there are all. */
function needs(command: string): { skip: string | false } {
  const isThere = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
  return { skip: isThere ? false : `needs ${command}` }
}

/** Runs a client of the system to its end. */
async function run(command: string, args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(command, args)
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, ...text }))
  })
}

/** Answers when all of the question is there, in capitals. */
async function capitals(t: TestContext): Promise<number> {
  const destination = await listening(t)
  const serve = async (socket: Socket): Promise<void> => {
    destination.next().then(serve)
    socket.end((await all(socket)).toUpperCase())
  }
  destination.next().then(serve)
  return destination.port
}

test('nc gets an answer to all that it sent', needs('nc'), async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const there = `tcp:127.0.0.1:${await capitals(t)}`
  const args = ['portforward', '--port', String(port), '--destination', there]
  const { stop, log } = await daemon(t, args, { cwd, env })
  assert.equal((await run('nc', ['-N', '127.0.0.1', String(port)], 'question')).stdout, 'QUESTION')
  await waitFor(join(cwd, 'runner.log'), () => (/done with/.test(log()) ? true : undefined))
  await stop()
  assert.match(log(), /\[portforward\] forwarding 127\.0\.0\.1:\d+ to tcp:127\.0\.0\.1:\d+\n/)
  assert.match(log(), /\[portforward\] done with 127\.0\.0\.1:\d+: 8 bytes there, 8 back, in /)
})

test('TLS ends at the forwarder, or begins there: openssl and socat', needs('socat'), async (t) => {
  const cwd = tempDir(t)
  const { key, cert } = pemFiles(cwd)
  const [port, second, inner] = [await freePort(), await freePort(), await freePort()]
  const secure = `ssl:${port}:interface=127.0.0.1:privateKey=${key}:certKey=${cert}`
  const there = `tcp:127.0.0.1:${await capitals(t)}`
  await daemon(t, ['portforward', '--listen', secure, '--destination', there], { cwd, env })
  const verified = ['-CAfile', cert, '-verify_return_error', '-servername', 'localhost']
  const asked = ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`, ...verified]
  // It takes no more after its input has ended; what comes before that is asked for by a line.
  const { stderr } = await run('openssl', [...asked, '-no_ign_eof'], 'Q\n')
  assert.match(stderr, /verify return:1/)
  const tls = `OPENSSL:127.0.0.1:${port},cafile=${cert},commonname=localhost`
  assert.equal((await run('socat', ['-t', '30', '-', tls], 'question')).stdout, 'QUESTION')
  // From a plain client through TLS to the first forwarder.
  const beyond = `tls:localhost:${port}:trustRoots=${cert}`
  const other = tempDir(t)
  const args = ['portforward', '--port', String(second), '--listen', `unix:${inner}.sock`]
  await daemon(t, [...args, '--destination', beyond], { cwd: other, env })
  for (const plain of [`TCP:127.0.0.1:${second}`, `UNIX-CONNECT:${join(other, `${inner}.sock`)}`]) {
    assert.equal((await run('socat', ['-t', '30', '-', plain], 'question')).stdout, 'QUESTION')
  }
})

test(
  'curl tells the destination of the client with its own PROXY header',
  needs('curl'),
  async (t) => {
    const cwd = tempDir(t)
    const port = await freePort()
    const destination = await listening(t)
    const args = ['portforward', '--port', String(port), '--accept-proxy', '--send-proxy', 'v1']
    const there = `tcp:127.0.0.1:${destination.port}`
    await daemon(t, [...args, '--destination', there], { cwd, env })
    const asked = run('curl', ['-s', '--haproxy-protocol', `http://127.0.0.1:${port}/`])
    const served = await destination.next()
    let request = ''
    while (!request.includes('\r\n\r\n')) {
      request += await new Promise((resolve) => served.once('data', resolve))
    }
    served.end('HTTP/1.0 200 OK\r\n\r\nhello')
    assert.equal((await asked).stdout, 'hello')
    const [, own] = /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 (\d+) \d+\r\nGET/.exec(request) ?? []
    assert.ok(own)
  },
)

test('a reload loses no connection, of those that come or of one that lasts', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const web = createServer((_request, response) => response.end('x'.repeat(500)))
  web.keepAliveTimeout = 600_000
  const { port: behind } = await listening(t, web)
  const there = `tcp:127.0.0.1:${behind}`
  await daemon(t, ['portforward', '--port', String(port), '--destination', there], { cwd, env })
  await running(cwd)
  const lasting = client(t, port)
  const load = new Load()
  const [once, endOnce] = page({ port }, 500, false)
  load.add('a connection per request', 4, once, { end: endOnce })
  for (let n = 0; n < 3; n += 1) {
    assert.equal((await reload(cwd)).generation, n + 2)
    lasting.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let answer = ''
    while (!answer.endsWith('x'.repeat(500))) {
      answer += await new Promise((resolve) => lasting.once('data', resolve))
    }
  }
  const { answered, lost } = (await load.stop())['a connection per request'] as Tally
  assert.deepEqual(lost, {})
  assert.ok(answered > 0)
})

test('clients that send nothing, garbage, or go at once do it no harm', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const there = `tcp:127.0.0.1:${await capitals(t)}`
  const args = ['portforward', '--port', String(port), '--accept-proxy', '--connect-timeout', '2']
  const { log } = await daemon(t, [...args, '--destination', there], { cwd, env })
  const ends: Promise<unknown>[] = []
  for (let n = 0; n < 300; n += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    ends.push(new Promise((resolve) => socket.on('close', resolve)))
    socket.resume()
    if (n % 3 === 0) socket.write(Buffer.from(Array.from({ length: n }, (_, at) => (at * n) % 256)))
    if (n % 3 === 1) socket.on('connect', () => socket.resetAndDestroy())
  }
  await Promise.all(ends)
  const socket = client(t, port)
  socket.end('PROXY UNKNOWN\r\nstill there')
  assert.equal(await all(socket), 'STILL THERE')
  assert.doesNotMatch(log(), /Unhandled|Traceback|TypeError/)
})
