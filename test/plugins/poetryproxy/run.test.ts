import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { fastpoetry } from '@runnerd/fastpoetry'
import { poetryproxy } from '@runnerd/poetryproxy'
import { startService } from '@runnerd/testkit'
import fc from 'fast-check'
import { freePort } from '../../helpers/free-port.ts'
import { ecstasy, ourPlugins } from '../../helpers/paths.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { reload } from '../../helpers/reloadable.ts'
import { daemon, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { crowd, poemOf } from '../crowd.ts'
import { Upstream, until } from './upstream.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }
const run = promisify(execFile)

async function proxyOf(t: TestContext, options: Readonly<Record<string, unknown>>) {
  const proxy = await startService(poetryproxy, { port: 0, ...options })
  t.after(() => proxy.stop())
  return proxy
}

describe('poetryproxy', () => {
  it('fetches from a UNIX socket and with TLS, and listens there too', async (t) => {
    const dir = tempDir(t)
    const { key, cert } = pemFiles(dir)
    const path = join(dir, 'poetry.sock')
    const listen = [`unix:${path}`, `ssl:0:interface=127.0.0.1:privateKey=${key}:certKey=${cert}`]
    const poetry = await startService(fastpoetry, { listen, poem: ecstasy })
    t.after(() => poetry.stop())
    const [, line = ''] = /starting on (\d+)/.exec(await poetry.line(/starting on \d+/)) ?? []
    for (const upstream of [`unix:${path}`, `tls:localhost:${line}:trustRoots=${cert}`]) {
      const own = join(dir, 'proxy.sock')
      const proxy = await startService(poetryproxy, { listen: [`unix:${own}`], upstream })
      assert.deepEqual(await poemOf(connect(own)), readFileSync(ecstasy))
      await proxy.stop()
    }
  })

  for (const [words, line] of [
    [['--upstream', 'tcp:localhost:x'], /the port must be a number from 1 to 65535, not x/],
    [['--upstream', 'unix:x', '--upstream-port', '1'], /--upstream.*--upstream-port/],
    [['--upstream-port', '0'], /cannot use --upstream-port 0: it must be a whole number from 1 to/],
    [['--retries', '-1'], /cannot use --retries -1: it must be a whole number from 0 to 1000/],
    [
      ['--cache-seconds', '-1'],
      /cannot use --cache-seconds -1: it must be a number of seconds from/,
    ],
    [['--upstream-timeout', '0'], /cannot use --upstream-timeout 0: it must be a number of sec/],
    [['--max-bytes', '1.5'], /cannot use --max-bytes 1\.5: it must be a whole number from 1/],
  ] as const) {
    it(`refuses ${words.join(' ')} in one line with status 64`, async (t) => {
      const ended = await runner(['-n', 'poetryproxy', ...words], { cwd: tempDir(t), env })
      assert.equal(ended.status, 64)
      assert.match(ended.stderr, line)
      assert.match(ended.stderr, /^runner: .*\n(hint: .*\n)?$/)
    })
  }

  it('has 1,000 clients wait for one fetch, and serves each of them', async (t) => {
    const upstream = new Upstream(t)
    const upstreamPort = await upstream.listen()
    upstream.serve = () => {}
    const proxy = await proxyOf(t, { upstreamPort, upstreamHost: '127.0.0.1' })
    const clients = await crowd(t, proxy.address().port, 1000)
    await until(() => upstream.sockets.length > 0)
    const poems = clients.map(poemOf)
    upstream.sockets[0]?.end('The Ecstasy')
    for (const poem of await Promise.all(poems)) assert.equal(String(poem), 'The Ecstasy')
    assert.equal(upstream.sockets.length, 1)
  })

  it('serves clients that say anything while they wait, and forgets those that go', async (t) => {
    const upstream = new Upstream(t)
    const upstreamPort = await upstream.listen()
    const waiting: Socket[] = []
    upstream.serve = (socket) => void waiting.push(socket)
    const proxy = await proxyOf(t, { upstreamPort, upstreamHost: '127.0.0.1', cacheSeconds: 0 })
    const { port } = proxy.address()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 20 }),
        async (all) => {
          const [client, goes] = await crowd(t, port, 2)
          for (const each of all) client?.write(each)
          await until(() => waiting.length > 0)
          goes?.resetAndDestroy()
          waiting.shift()?.end('The Ecstasy')
          assert.equal(String(await poemOf(client as Socket)), 'The Ecstasy')
        },
      ),
      { numRuns: 30 },
    )
    assert.equal(proxy.log.filter((line) => /Unhandled|Error/.test(line)).length, 0)
  })

  it('serves a client that has ended what it sends before the poem is there', async (t) => {
    const upstream = new Upstream(t)
    const upstreamPort = await upstream.listen()
    upstream.serve = () => {}
    const proxy = await proxyOf(t, { upstreamPort, upstreamHost: '127.0.0.1' })
    const client = connect({ port: proxy.address().port, host: '127.0.0.1', allowHalfOpen: true })
    client.end()
    await Promise.all([once(client, 'finish'), until(() => upstream.sockets.length > 0)])
    // In each of them this process, the proxy's too, reads what has come.
    for (let turn = 0; turn < 10; turn += 1) await setImmediate()
    upstream.sockets[0]?.end('The Ecstasy')
    assert.equal(String(await poemOf(client)), 'The Ecstasy')
  })

  it('closes a client that waits longer than the --timeout', async (t) => {
    const upstream = new Upstream(t)
    const upstreamPort = await upstream.listen()
    upstream.serve = () => {}
    const proxy = await proxyOf(t, { upstreamPort, upstreamHost: '127.0.0.1', timeout: 0.2 })
    const [client] = await crowd(t, proxy.address().port, 1)
    assert.equal((await poemOf(client as Socket)).length, 0)
    await proxy.line(/Closed a connection after 0\.2 seconds without a byte/)
  })

  it('is reloaded without a client losing its poem: those who wait, and those who come', async (t) => {
    const upstream = new Upstream(t)
    const upstreamPort = await upstream.listen()
    const poem = 'The Ecstasy\n'.repeat(10_000)
    let isSlow = true
    upstream.serve = (socket) => void (isSlow || socket.end(poem))
    const cwd = tempDir(t)
    const port = await freePort()
    const args = ['poetryproxy', '-p', String(port), '--upstream', `tcp:127.0.0.1:${upstreamPort}`]
    const { pid } = await daemon(t, args, { cwd, env })
    const poems = (await crowd(t, port, 50)).map(poemOf)
    await until(() => upstream.sockets.length === 1)
    isSlow = false
    let isOver = false
    const reloaded = reload(cwd).finally(() => {
      isOver = true
    })
    while (!isOver) {
      poems.push(...(await crowd(t, port, 5)).map(poemOf))
      // They come at a pace, not as fast as can be.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.notEqual((await reloaded).pid, pid)
    assert.ok(poems.length > 50)
    // The old process still waits for this one, and so do its clients.
    upstream.sockets[0]?.end(poem)
    for (const each of await Promise.all(poems)) assert.equal(each.length, poem.length)
  })

  it('passes on a poem that is no text, byte for byte', async (t) => {
    const cwd = tempDir(t)
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31) & 0xff))
    writeFileSync(join(cwd, 'poem.bin'), bytes)
    const poetry = await startService(fastpoetry, { port: 0, poem: join(cwd, 'poem.bin') })
    t.after(() => poetry.stop())
    const proxy = await proxyOf(t, { upstreamPort: poetry.address().port })
    const words = ['-d', 'localhost', String(proxy.address().port)]
    const { stdout } = await run('nc', words, { encoding: 'buffer', maxBuffer: 1e6 })
    assert.ok(stdout.equals(bytes))
  })
})
