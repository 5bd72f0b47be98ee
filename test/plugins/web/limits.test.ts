import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { heldByBuffers } from '../../helpers/held-by-buffers.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { serve } from './serve.ts'

async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** All that a server says before it hangs up. */
async function saidTo(socket: Socket, ...sent: (string | Uint8Array)[]): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  for (const each of sent) socket.write(each)
  await once(socket, 'close')
  return String(Buffer.concat(chunks))
}

test('a client that takes longer than --headers-timeout for the head of a request is told so and closed', async (t) => {
  const root = tempDir(t)
  const site = await serve(t, '--path', root, '--headers-timeout', '1')
  const patient = await serve(t, '--path', root, '--headers-timeout', '600')
  const head = 'GET / HTTP/1.1\r\nHost: x\r\nX-A: '
  const waiting = await connectTo(patient.port)
  waiting.write(head)
  const slow = saidTo(await connectTo(site.port), head)
  const silent = saidTo(await connectTo(site.port))
  for (const each of [slow, silent]) {
    assert.match(await each, /^HTTP\/1\.1 408 Request Timeout\r\n/)
  }
  const logged = site.log.filter((line) => / "-" 408 - "-" "-"$/.test(line))
  assert.equal(logged.length, 2, site.log.join('\n'))
  // Where the option says so it is waited for, and nothing else has closed the others.
  assert.match(await saidTo(waiting, 'a\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 404 /)
  assert.equal((await site.get('/')).status, 404)
})

test('a client that takes too long for the rest of a request is closed, too', async (t) => {
  const site = await serve(t, '--path', tempDir(t), '--request-timeout', '1')
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123'
  assert.match(await saidTo(await connectTo(site.port), head), /408 Request Timeout|405/)
})

test('a silent client is closed after --timeout, and one too many at once', async (t) => {
  const site = await serve(t, '--path', tempDir(t), '--timeout', '1', '--max-connections', '2')
  const silent = [await connectTo(site.port), await connectTo(site.port)]
  const ends = silent.map((each) => saidTo(each))
  assert.equal(await saidTo(await connectTo(site.port)), '')
  await site.line(/Closed a new connection: there are 2 already/)
  assert.deepEqual(await Promise.all(ends), ['', ''])
})

test('limits that are none are refused by their names', async (t) => {
  for (const [name, value] of [
    ['headers-timeout', '-1'],
    ['request-timeout', '1e99'],
    ['max-connections', '1.5'],
  ] as const) {
    await assert.rejects(serve(t, '--path', tempDir(t), `--${name}`, value), {
      code: 'ERR_USAGE',
      message: new RegExp(`^cannot use --${name} `),
    })
  }
})

test('whatever bytes are sent, the server answers the next client', async (t) => {
  const root = tempDir(t)
  writeFileSync(join(root, 'a.txt'), 'hello')
  const site = await serve(t, '--path', root, '--listing', '--spa')
  const garbage = fc.uint8Array({ maxLength: 2000 })
  const almost = fc
    .tuple(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PRI', 'CONNECT', 'TRACE', '', 'get'),
      fc.oneof(
        fc.string(),
        fc.webPath(),
        fc.constantFrom('*', '/', '//', 'a.txt', '/a.txt', 'http://x'),
      ),
      fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', ''),
      fc.array(
        fc.tuple(
          fc.constantFrom(
            'host',
            'range',
            'if-range',
            'if-none-match',
            'if-match',
            'if-modified-since',
            'accept-encoding',
            'content-length',
            'transfer-encoding',
            'upgrade',
            'expect',
          ),
          fc.oneof(
            fc.string(),
            fc.constantFrom('bytes=-1', 'bytes=0-', '*', '-1', 'chunked', '100-continue'),
          ),
        ),
        { maxLength: 5 },
      ),
    )
    .map(([method, path, version, headers]) => {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      return Buffer.from(`${method} ${path} ${version}\r\n${lines}\r\n`)
    })
  await fc.assert(
    fc.asyncProperty(fc.oneof(garbage, almost), async (bytes) => {
      const socket = await connectTo(site.port)
      const said = saidTo(socket, bytes)
      socket.end()
      assert.doesNotMatch(await said, /^HTTP\/1\.1 5/)
      assert.equal((await site.get('/a.txt')).text, 'hello')
    }),
    { numRuns: 150 },
  )
  assert.ok(!site.log.some((line) => /Error/.test(line)), site.log.join('\n'))
})

test('whatever path is asked for, nothing outside the directory is answered', async (t) => {
  const dir = tempDir(t)
  writeFileSync(join(dir, 'secret'), 'secret')
  const root = join(dir, 'www')
  mkdirSync(join(root, 'd'), { recursive: true })
  const site = await serve(t, '--path', root)
  const word = fc.constantFrom(
    '..',
    '%2e%2e',
    '.%2E',
    '.',
    'd',
    '',
    'secret',
    '%2f',
    '\\',
    '%5c',
    'www',
    '%00',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 8 }), async (words) => {
      const { status, text } = await site.get(`/${words.join('/')}`)
      assert.ok([400, 404, 301].includes(status), `${words.join('/')}: ${status}`)
      assert.doesNotMatch(text, /secret/)
    }),
    { numRuns: 150 },
  )
})

test('a client that ends what it sends gets all that it has asked for', async (t) => {
  const root = tempDir(t)
  writeFileSync(join(root, 'a.txt'), 'hello')
  writeFileSync(join(root, 'large'), Buffer.alloc(5_000_000, '.'))
  const site = await serve(t, '--path', root)
  const requests = ['large', 'a.txt'].map((name) => `GET /${name} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const socket = connect({ port: site.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(requests.join(''))
  const chunks: Buffer[] = await socket.toArray()
  const said = String(Buffer.concat(chunks))
  assert.equal(said.match(/200 OK/g)?.length, 2)
  // The second follows all of the first.
  const second = said.lastIndexOf('HTTP/1.1 200 OK')
  assert.equal(said.slice(second - 1000, second), '.'.repeat(1000))
  assert.ok(said.endsWith('\r\n\r\nhello'), said.slice(second))
})

test('clients that go away in the middle leave no file open, and nothing in the log', async (t) => {
  const root = tempDir(t)
  const large = join(root, 'large')
  writeFileSync(large, Buffer.alloc(5_000_000, '.'))
  const site = await serve(t, '--path', root)
  const request = 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n'
  for (let n = 0; n < 60; n += 1) {
    const socket = await connectTo(site.port)
    // Some ask again before they have the first answer.
    socket.write(n % 2 === 0 ? request : request + request)
    if (n % 3 === 0) await once(socket, 'data')
    if (n % 3 === 1) socket.destroy()
    else socket.resetAndDestroy()
  }
  const path = join('/proc', 'self', 'fd')
  const open = (): number =>
    readdirSync(path).filter((fd) => {
      try {
        return readlinkSync(join(path, fd)) === large
      } catch {
        return false
      }
    }).length
  await waitFor(large, () => (open() === 0 ? true : undefined))
  assert.equal((await site.get('/large', { range: 'bytes=-1' })).text, '.')
  assert.ok(!site.log.some((line) => /Error/.test(line)), site.log.join('\n'))
})

test('a client of a file that is cut while it is sent is hung up on, and does not wait', async (t) => {
  const root = tempDir(t)
  const large = join(root, 'large')
  writeFileSync(large, Buffer.alloc(50_000_000, '.'))
  const site = await serve(t, '--path', root)
  const socket = await connectTo(site.port)
  socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  truncateSync(large)
  assert.ok((await saidTo(socket)).length < 50_000_000)
})

test('1,000 connections are held and answered at once, a slow reader of a large file among them', async (t) => {
  const root = tempDir(t)
  writeFileSync(join(root, 'a.txt'), 'hello')
  writeFileSync(join(root, 'large'), Buffer.alloc(50_000_000, '.'))
  const site = await serve(t, '--path', root, '--access-log', 'off')
  const slow = await connectTo(site.port)
  slow.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(slow, 'readable')
  const sockets = await Promise.all(Array.from({ length: 1000 }, () => connectTo(site.port)))
  const request = 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const answers = await Promise.all(sockets.map((each) => saidTo(each, request)))
  assert.equal(answers.filter((each) => /^HTTP\/1\.1 200 .*hello$/s.test(each)).length, 1000)
  // What nobody reads is not read from the file either. The rest is what the answers left.
  const held = await heldByBuffers(100, 40_000_000)
  assert.ok(held < 40_000_000, String(held))
  slow.destroy()
})
