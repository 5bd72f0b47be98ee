import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { bench, until } from './upstream.ts'

/** What is said of the upstream, without the numbers that chance makes. */
function warnings(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.includes('cannot fetch'))
    .map((line) => line.replace(/in [\d.]+ seconds?$/, 'in N seconds'))
}

const REFUSED = '[ProxyFactory] cannot fetch the poem: connection refused'

describe('the cache of poetryproxy', () => {
  it('serves a poem for so many seconds, and then fetches it anew', async (t) => {
    const { upstream, clock, poem } = await bench(t, { cacheSeconds: 60 })
    assert.equal(await poem(), 'The Ecstasy')
    upstream.poem = 'A Fever'
    await clock.advance(59)
    assert.equal(await poem(), 'The Ecstasy')
    assert.equal(upstream.sockets.length, 1)
    await clock.advance(1)
    assert.equal(await poem(), 'A Fever')
    assert.equal(upstream.sockets.length, 2)
    await clock.advance(59)
    assert.equal(await poem(), 'A Fever')
    assert.equal(upstream.sockets.length, 2)
  })

  it('keeps none with 0 seconds, and still fetches once for those who ask at once', async (t) => {
    const { upstream, poem } = await bench(t, { cacheSeconds: 0, retries: 0 })
    assert.deepEqual(await Promise.all([poem(), poem(), poem()]), Array(3).fill('The Ecstasy'))
    assert.equal(upstream.sockets.length, 1)
    assert.equal(await poem(), 'The Ecstasy')
    assert.equal(upstream.sockets.length, 2)
    await upstream.close()
    await assert.rejects(poem(), { code: 'ERR_CANNOT_CONNECT' })
  })

  it('serves the old poem while the upstream is away, and asks it ever more seldom', async (t) => {
    const { upstream, port, clock, lines, poem } = await bench(t, { cacheSeconds: 60 })
    await poem()
    await upstream.close()
    await clock.advance(60)
    assert.equal(await poem(), 'The Ecstasy')
    const aside = `${REFUSED}; serving the one of 60 seconds ago, trying again in N seconds`
    assert.deepEqual(warnings(lines), [aside])
    // After 1.5 to 2.5 seconds, then 2.25 to 3.25.
    await clock.advance(1.4)
    assert.equal(await poem(), 'The Ecstasy')
    assert.equal(warnings(lines).length, 1)
    await clock.advance(1.1)
    assert.equal(await poem(), 'The Ecstasy')
    await until(() => warnings(lines).length === 2)
    await clock.advance(2.2)
    await poem()
    assert.equal(warnings(lines).length, 2)
    // It is back: the next fetch brings the new one, and then all is as before.
    upstream.poem = 'A Fever'
    await upstream.listen(port)
    await clock.advance(1.1)
    await poem()
    while ((await poem()) !== 'A Fever') await clock.advance(0)
    await clock.advance(59)
    assert.equal(await poem(), 'A Fever')
    assert.equal(upstream.sockets.length, 2)
  })

  it('has nobody wait for an upstream that has failed, as long as there is a poem', async (t) => {
    const { upstream, clock, lines, poem } = await bench(t, { cacheSeconds: 1, upstreamTimeout: 5 })
    await poem()
    upstream.serve = () => {}
    await clock.advance(1)
    const first = poem()
    await until(() => upstream.sockets.length === 2)
    await clock.advance(5)
    assert.equal(await first, 'The Ecstasy')
    const reason = 'there was no whole poem within 5 seconds'
    assert.match(
      lines.at(-1) ?? '',
      new RegExp(`cannot fetch the poem: ${reason}; serving the one`),
    )
    await clock.advance(2.5)
    // This one has it fetched, and the next too while that goes on; neither waits.
    assert.deepEqual([await poem(), await poem()], ['The Ecstasy', 'The Ecstasy'])
    await until(() => upstream.sockets.length === 3)
  })

  it('tries again for clients that would get nothing, and hangs up on them after that', async (t) => {
    const { upstream, clock, lines, poem } = await bench(t, { retries: 2 })
    await upstream.close()
    const failed = assert.rejects(poem(), { code: 'ERR_CANNOT_CONNECT' })
    for (const times of [1, 2]) {
      await until(() => warnings(lines).length === times)
      await clock.advance(0.5)
    }
    await failed
    const again = `${REFUSED}; trying again in N seconds`
    assert.deepEqual(warnings(lines), [again, again, REFUSED])
  })

  it('gets the poem to those who wait when the upstream comes back meanwhile', async (t) => {
    const { upstream, port, clock, lines, poem } = await bench(t)
    await upstream.close()
    const waiting = Promise.all([poem(), poem()])
    await until(() => warnings(lines).length === 1)
    await upstream.listen(port)
    await clock.advance(0.3)
    assert.deepEqual(await waiting, ['The Ecstasy', 'The Ecstasy'])
  })

  for (const [what, serve, reason] of [
    ['hangs up at once', (socket: Socket) => socket.end(), 'the upstream hung up without a poem'],
    [
      'sends without an end',
      (socket: Socket) => void setInterval(() => socket.write('x'.repeat(40)), 1).unref(),
      'the poem is longer than 100 bytes',
    ],
    [
      'breaks off in the middle',
      (socket: Socket) => void setTimeout(() => socket.resetAndDestroy(), 20),
      'connection reset by peer',
    ],
  ] as const) {
    it(`takes no poem of an upstream that ${what}`, async (t) => {
      const { upstream, lines, poem } = await bench(t, { retries: 0, maxBytes: 100 })
      upstream.serve = serve
      await assert.rejects(poem())
      assert.equal(lines.at(-1), `[ProxyFactory] cannot fetch the poem: ${reason}`)
    })
  }

  it('gives up an upstream that is too slow, and closes the connection', async (t) => {
    const { upstream, clock, lines, poem } = await bench(t, { retries: 0, upstreamTimeout: 10 })
    upstream.serve = (socket) => void socket.write('The')
    const failed = assert.rejects(poem(), { message: 'there was no whole poem within 10 seconds' })
    await until(() => upstream.sockets.length === 1)
    await clock.advance(9)
    upstream.sockets[0]?.write(' Ec')
    await clock.advance(1)
    await failed
    await until(() => upstream.sockets[0]?.destroyed === true)
    assert.match(lines.at(-1) ?? '', /there was no whole poem within 10 seconds$/)
    assert.deepEqual(clock.getDelayedCalls(), [])
  })

  it('gives up a fetch and a pause when it is stopped, and begins anew when it is started', async (t) => {
    const { upstream, port, clock, lines, proxy, poem } = await bench(t)
    upstream.serve = () => {}
    const fetching = assert.rejects(poem())
    await until(() => upstream.sockets.length === 1)
    await proxy.stopService()
    await fetching
    await upstream.close()
    proxy.startService()
    const pausing = assert.rejects(poem())
    await until(() => warnings(lines).length === 1)
    await proxy.stopService()
    await pausing
    assert.deepEqual(clock.getDelayedCalls(), [])
    upstream.serve = (socket) => void socket.end('A Fever')
    await upstream.listen(port)
    proxy.startService()
    assert.equal(await poem(), 'A Fever')
  })

  it('tells runner status where the poem is from and how old it is', async (t) => {
    const { upstream: server, port, clock, proxy, poem } = await bench(t)
    const upstream = `127.0.0.1:${port}`
    assert.deepEqual(proxy.describe().details, { upstream, poem: 'none yet' })
    await poem()
    await clock.advance(12.4)
    assert.deepEqual(proxy.describe().details, {
      upstream,
      poem: '11 bytes, fetched 12 s ago',
    })
    server.poem = 'O'
    await clock.advance(600)
    await poem()
    assert.match(String(proxy.describe().details?.poem), /^1 byte, /)
  })
})
