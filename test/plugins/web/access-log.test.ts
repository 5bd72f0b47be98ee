import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { startService } from '@runnerd/testkit'
import { web } from '@runnerd/web'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { ask } from './ask.ts'
import { appFile, serve } from './serve.ts'

/** A line of the combined format: from, date, request, status, bytes, referrer, agent. */
const COMBINED =
  /^(\S+) - - \[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(.*)" (\d{3}) (\d+|-) "(.*)" "(.*)"$/

/** Waits until the file has so many lines. */
async function linesOf(file: string, count: number): Promise<string[]> {
  return await waitFor(file, () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    return lines.length >= count ? lines : undefined
  })
}

test("what is asked of files is in runner's log, in the combined format", async (t) => {
  const root = tempDir(t)
  writeFileSync(join(root, 'a.txt'), 'hello')
  const site = await serve(t, '--path', root)
  await site.get('/a.txt?x=1', { referer: 'http://localhost/', 'user-agent': 'a "test"\\' })
  await site.get('/a.txt', { range: 'bytes=-2' })
  await site.get('/a.txt', {}, 'HEAD')
  await site.get('/none')
  const lines = site.log.filter((line) => line.startsWith('[access] '))
  const parts = lines.map((line) => COMBINED.exec(line.slice('[access] '.length)) ?? [line])
  assert.deepEqual(
    parts.map(([, from, , ...rest]) => [from, ...rest]),
    [
      ['127.0.0.1', 'GET /a.txt?x=1 HTTP/1.1', '200', '5', 'http://localhost/', 'a \\"test\\"\\\\'],
      ['127.0.0.1', 'GET /a.txt HTTP/1.1', '206', '2', '-', '-'],
      ['127.0.0.1', 'HEAD /a.txt HTTP/1.1', '200', '-', '-', '-'],
      ['127.0.0.1', 'GET /none HTTP/1.1', '404', '10', '-', '-'],
    ],
  )
  const said = parts[0]?.[2] ?? ''
  const date = Date.parse(said.replace(/^(\d\d)\/(\w{3})\/(\d{4}):/, '$1 $2 $3 '))
  assert.ok(Math.abs(Date.now() - date) < 60_000, said)
})

test('nobody writes a line of their own, and bytes that are no ASCII are told one by one', async (t) => {
  const root = tempDir(t)
  const site = await serve(t, '--path', root, '--access-log', join(root, 'access.log'))
  const socket = connect(site.port, '127.0.0.1')
  const head = 'GET /"a\\b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  socket.write(`${head}Referer: a\tb" 200 5 "\r\nUser-Agent: ünï\r\n\r\n`)
  await once(socket.resume(), 'close')
  const [line = ''] = await linesOf(join(root, 'access.log'), 1)
  const quoted = line.slice(line.indexOf('"'))
  assert.equal(
    quoted,
    String.raw`"GET /\"a\\b\" HTTP/1.1" 404 10 "a\x09b\" 200 5 \"" "\xc3\xbcn\xc3\xaf"`,
  )
})

test('an IPv4 address is written as one on a socket of IPv6, and one of IPv6 as it is', async (t) => {
  const root = tempDir(t)
  const file = join(root, 'access.log')
  const service = await startService(web, [
    ...['--path', root, '--access-log', file, '--listen', String.raw`tcp6:0:interface=\:\:`],
  ])
  t.after(() => service.stop())
  const { port } = service.address()
  for (const host of ['127.0.0.1', '::1']) await ask(port, '/', { host })
  const lines = await linesOf(file, 2)
  assert.deepEqual(
    lines.map((line) => line.split(' ', 1)[0]),
    ['127.0.0.1', '::1'],
  )
})

/** What proxies say, whom the operator trusts, and who has asked then. */
const forwarded: readonly [trusted: string[], said: string, address: string][] = [
  [[], '1.2.3.4', '127.0.0.1'],
  [['10.0.0.0/8'], '1.2.3.4', '127.0.0.1'],
  [['127.0.0.1'], '1.2.3.4', '1.2.3.4'],
  [['loopback'], '6.6.6.6, 1.2.3.4', '1.2.3.4'],
  [['127.0.0.1', '10.0.0.0/8'], '6.6.6.6, 1.2.3.4, 10.1.1.1', '1.2.3.4'],
  [['127.0.0.1,uniquelocal, linklocal'], '1.2.3.4, fd00::1,169.254.1.1', '1.2.3.4'],
  [['1'], '6.6.6.6, 1.2.3.4', '1.2.3.4'],
  [['2'], '6.6.6.6, 1.2.3.4, 5.5.5.5', '1.2.3.4'],
  [['9'], '1.2.3.4, 5.5.5.5', '1.2.3.4'],
  [['loopback'], '1.2.3.4:5678', '1.2.3.4'],
  [['loopback'], '[2001:db8::1]:443', '2001:db8::1'],
  [['loopback'], '2001:db8::1', '2001:db8::1'],
  [['127.0.0.1', '2001:db8::/32'], '::ffff:1.2.3.4, 2001:db8::1', '1.2.3.4'],
  // What is no address ends it.
  [['loopback'], 'unknown', '127.0.0.1'],
  [['loopback', '10.0.0.0/8'], '"evil", 10.1.1.1', '10.1.1.1'],
  [['loopback'], '', '127.0.0.1'],
]

test('X-Forwarded-For says who has asked if those who wrote it are trusted, and else nothing', async (t) => {
  const root = tempDir(t)
  for (const [at, [trusted, said, address]] of forwarded.entries()) {
    const file = join(root, String(at))
    const trust = trusted.flatMap((each) => ['--trust-proxy', each])
    const site = await serve(t, '--path', root, '--access-log', file, ...trust)
    await site.get('/', { 'x-forwarded-for': said })
    const [line = ''] = await linesOf(file, 1)
    assert.equal(line.split(' ', 1)[0], address, `${trusted.join(' ')}: ${said}`)
  }
  const path = join(root, 'socket')
  const args = ['--path', root, '--access-log', join(root, 'unix'), '--listen', `unix:${path}`]
  const behind = await startService(web, [...args, '--trust-proxy', '10.0.0.0/8'])
  t.after(() => behind.stop())
  for (const said of ['1.2.3.4, 10.1.1.1', '']) {
    await ask(0, '/', { socketPath: path, headers: { 'x-forwarded-for': said } })
  }
  const lines = await linesOf(join(root, 'unix'), 2)
  assert.deepEqual(
    lines.map((line) => line.split(' ', 1)[0]),
    ['1.2.3.4', '-'],
  )
})

test('what is nobody to trust is refused', async (t) => {
  for (const value of ['10.0.0.0/33', '::/129', 'nginx', '', '10.0.0.0/', '1000', 'fe80::1%lo']) {
    await assert.rejects(serve(t, '--path', '.', '--trust-proxy', value), {
      code: 'ERR_USAGE',
      message: `cannot use --trust-proxy ${value}: it is no address and no network`,
    })
  }
})

test('apps have an access log if one is asked for, with the bytes that they wrote', async (t) => {
  const file = join(tempDir(t), 'access.log')
  const silent = await serve(t, '--app', appFile('several.mjs#bare'))
  await silent.get('/hello')
  assert.ok(!silent.log.some((line) => line.startsWith('[access]')))
  for (const name of ['express.mjs', 'fastify.mjs', 'koa.mjs', 'hono.mjs', 'several.mjs#bare']) {
    const app = await serve(t, '--app', appFile(name), '--access-log', `${file}-${name}`)
    const { text } = await app.get('/hello')
    const [line = ''] = await linesOf(`${file}-${name}`, 1)
    const [, , , asked, status, bytes] = COMBINED.exec(line) ?? [line]
    assert.deepEqual([asked, status, bytes], ['GET /hello HTTP/1.1', '200', String(text.length)])
  }
})

/** What is sent, with what it is answered by the server itself, and what the log says of it. */
const refused: readonly [sent: string, answer: RegExp, logged: string][] = [
  ['garbage\r\n\r\n', /^HTTP\/1\.1 400 /, '"-" 400'],
  [`GET /${'x'.repeat(20_000)}`, /^HTTP\/1\.1 431 /, '"-" 431'],
  ['GET /lost HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 .*\r\nx-a: b\r\n/s, '"GET /lost HTTP/1.1" 400'],
  [
    'GET /hello HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
    /^HTTP\/1\.1 417 .*\r\nx-a: b\r\n/s,
    '"GET /hello HTTP/1.1" 417',
  ],
  [
    'POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n',
    /^HTTP\/1\.1 400 /,
    '"POST /body HTTP/1.1" 400',
  ],
]

test('what the server answers by itself is in the log and the counts, with the status it has', async (t) => {
  const dir = tempDir(t)
  const app = join(dir, 'app.mjs')
  // It answers when it has the whole body.
  writeFileSync(
    app,
    'export default (request, response) => request.resume().on("end", () => response.end("it"))',
  )
  for (const what of ['path', 'app']) {
    const file = join(dir, `${what}.log`)
    const named = what === 'path' ? dir : app
    const args = [`--${what}`, named, '--access-log', file, '--add-header', 'x-a: b']
    const service = await startService(web, ['--port', '0', ...args])
    t.after(() => service.stop())
    // One of files needs no body to be refused.
    const all = what === 'path' ? refused.slice(0, -1) : refused
    for (const [sent, answer] of all) {
      const socket = connect({ port: service.address().port, host: '127.0.0.1' })
      socket.setEncoding('utf8').write(sent)
      const said = await socket.toArray()
      assert.match(said.join(''), answer)
    }
    const lines = await linesOf(file, all.length)
    assert.deepEqual(
      lines.map((line) => line.replace(/^127\.0\.0\.1 - - \[[^\]]*\] (.*) - "-" "-"$/, '$1')),
      all.map(([, , logged]) => logged),
    )
    const { metrics } = service.service as { metrics?: () => Iterable<{ value: number }> }
    const values = Array.from(metrics?.() ?? [], ({ value }) => value)
    // 4xx is the fourth, what is under way the last.
    assert.deepEqual(values, [0, 0, 0, all.length, 0, 0])
  }
})

test('off is no access log, and a file that cannot be had fails the start', async (t) => {
  const root = tempDir(t)
  const site = await serve(t, '--path', root, '--access-log', 'off')
  await site.get('/')
  assert.ok(!site.log.some((line) => line.startsWith('[access]')))
  const path = join(root, 'none', 'access.log')
  const failure = { code: 'ENOENT', path, exitStatus: 73 }
  await assert.rejects(serve(t, '--path', root, '--access-log', path), failure)
})

test('an access log that was moved away is begun anew, and no line is lost', async (t) => {
  const root = tempDir(t)
  const file = join(root, 'access.log')
  const site = await serve(t, '--path', root, '--access-log', file)
  await site.get('/1')
  await linesOf(file, 1)
  renameSync(file, `${file}.1`)
  let asked = 1
  for (; !existsSync(file); asked += 1) await site.get(`/${asked + 1}`)
  await site.stop()
  const lines = [`${file}.1`, file].flatMap((each) =>
    readFileSync(each, 'utf8').split('\n').slice(0, -1),
  )
  const paths = lines.map((line) => /"GET (\S+)/.exec(line)?.[1])
  assert.deepEqual(
    paths,
    Array.from({ length: asked }, (_, at) => `/${at + 1}`),
  )
})
