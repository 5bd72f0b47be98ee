import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { describe, it } from 'node:test'
import tls from 'node:tls'
import { proxyHeader, type Route, readProxyHeader } from '@runnerd/portforward'
import fc from 'fast-check'
import { pemFiles } from '../../helpers/pem-files.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { all, client, closed, forwarding, listening } from './peers.ts'

const port = fc.nat(65535)
const route = fc
  .oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()))
  .chain(([from, to]) =>
    fc.tuple(port, port).map(([fromPort, toPort]) => ({
      source: { host: from, port: fromPort },
      destination: { host: to, port: toPort },
    })),
  )
const version = fc.constantFrom('v1' as const, 'v2' as const)

/** An address in the one way that there is to write it. */
function plain(route: Route | undefined): unknown {
  if (route === undefined) return undefined
  const host = (text: string): string =>
    net.isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text
  const { source, destination } = route
  return [host(source.host), source.port, host(destination.host), destination.port]
}

describe('a header of the PROXY protocol', () => {
  it('is as its specification shows it', () => {
    const route = {
      source: { host: '192.168.0.1', port: 56324 },
      destination: { host: '192.168.0.11', port: 443 },
    }
    const line = 'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n'
    assert.equal(String(proxyHeader('v1', route)), line)
    assert.equal(String(proxyHeader('v1', undefined)), 'PROXY UNKNOWN\r\n')
    const signature = '0d0a0d0a000d0a515549540a'
    assert.equal(
      proxyHeader('v2', route).toString('hex'),
      `${signature}2111000cc0a80001c0a8000bdc0401bb`,
    )
    assert.equal(proxyHeader('v2', undefined).toString('hex'), `${signature}21000000`)
  })

  it('has a link-local address without the name of the network', () => {
    const end = (port: number) => ({ host: 'fe80::1%eth0', port })
    const route = { source: end(1), destination: end(2) }
    assert.equal(String(proxyHeader('v1', route)), 'PROXY TCP6 fe80::1 fe80::1 1 2\r\n')
    const read = readProxyHeader(proxyHeader('v2', route))
    assert.equal(read?.route?.source.host, 'fe80::1')
  })

  it('says the same when it is read, wherever it is cut and whatever follows', () => {
    fc.assert(
      fc.property(
        version,
        fc.option(route, { nil: undefined }),
        fc.uint8Array(),
        (of, told, more) => {
          const header = proxyHeader(of, told)
          for (let length = 0; length < header.length; length += 1) {
            assert.equal(readProxyHeader(header.subarray(0, length)), undefined)
          }
          const read = readProxyHeader(Buffer.concat([header, more]))
          assert.equal(read?.length, header.length)
          assert.deepEqual(plain(read?.route), plain(told))
        },
      ),
    )
  })

  it('is refused, or told from one, whatever the bytes are', () => {
    const beginning = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n!')
    fc.assert(
      fc.property(beginning, fc.uint8Array({ maxLength: 200 }), (begin, bytes) => {
        const data = Buffer.concat([Buffer.from(begin, 'latin1'), bytes])
        try {
          const header = readProxyHeader(data)
          if (header !== undefined) assert.ok(header.length <= data.length)
          else assert.ok(data.length < 107 || data[0] === 13)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ERR_PROXY_HEADER')
        }
      }),
      { numRuns: 2000 },
    )
  })

  for (const bad of [
    'GET / HTTP/1.1\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n',
    'PROXY TCP4 ::1 ::1 1 2\r\n',
    'PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n',
    'PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n',
    `PROXY UNKNOWN ${'x'.repeat(100)}`,
  ]) {
    it(`is not ${JSON.stringify(bad)}`, () => {
      assert.throws(() => readProxyHeader(Buffer.from(bad)), { code: 'ERR_PROXY_HEADER' })
    })
  }
})

describe('--send-proxy', () => {
  for (const of of ['v1', 'v2'] as const) {
    it(`${of} tells the destination who the client is, before what it sends`, async (t) => {
      const destination = await listening(t)
      const there = `tcp:127.0.0.1:${destination.port}`
      const { port } = await forwarding(t, there, { 'send-proxy': of })
      const socket = client(t, port)
      await once(socket, 'connect')
      const source = { host: '127.0.0.1', port: socket.localPort as number }
      const header = proxyHeader(of, { source, destination: { host: '127.0.0.1', port } })
      socket.end('hello')
      assert.equal(await all(await destination.next()), `${header}hello`)
    })
  }

  it('has the header come before TLS', async (t) => {
    const files = pemFiles(tempDir(t))
    const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)]
    const destination = await listening(t)
    const there = `tls:localhost:${destination.port}:trustRoots=${files.cert}`
    const { port } = await forwarding(t, there, { 'send-proxy': 'v1' })
    const socket = client(t, port)
    socket.end('secret')
    const raw = await destination.next()
    await once(raw, 'readable')
    const data = raw.read() as Buffer
    const end = data.indexOf('\r\n') + 2
    assert.match(
      data.toString('latin1', 0, end),
      /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/,
    )
    if (data.length > end) raw.unshift(data.subarray(end))
    const secure = new tls.TLSSocket(raw, { isServer: true, key, cert })
    assert.equal(await all(secure), 'secret')
  })
})

describe('--accept-proxy', () => {
  it('takes either version, in pieces, and passes on who the client is', async (t) => {
    const destination = await listening(t)
    const options = { 'accept-proxy': true, 'send-proxy': 'v1' }
    const { port, line } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`, options)
    const told = {
      source: { host: '192.0.2.7', port: 1234 },
      destination: { host: '192.0.2.1', port: 443 },
    }
    for (const of of ['v1', 'v2'] as const) {
      const socket = client(t, port)
      socket.setNoDelay(true)
      const header = proxyHeader(of, told)
      for (const byte of header) await new Promise((done) => socket.write(Buffer.of(byte), done))
      socket.end('hello')
      assert.equal(await all(await destination.next()), `${proxyHeader('v1', told)}hello`)
    }
    await line(/forwarding 192\.0\.2\.7:1234 to /)
  })

  it('hangs up on a client that begins with anything else, or with nothing', async (t) => {
    const destination = await listening(t)
    const options = { 'accept-proxy': true, 'connect-timeout': 0.3 }
    const { port, log, line } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`, options)
    const garbage = client(t, port)
    garbage.write('GET / HTTP/1.1\r\n\r\n')
    await closed(garbage)
    await line(/no header of the PROXY protocol: it begins with something else/)
    const silent = client(t, port)
    await closed(silent)
    await line(/no header of the PROXY protocol: it does not come/)
    const short = client(t, port)
    short.end('PROX')
    await closed(short)
    await line(/no header of the PROXY protocol: it ends too early/)
    assert.ok(!log().some((each) => each.includes('forwarding')))
  })

  it('is refused with a listener that speaks TLS, as the header comes before that', async (t) => {
    const options = { port: undefined, listen: ['ssl:0'], 'accept-proxy': true }
    await assert.rejects(forwarding(t, 'tcp:localhost:1', options), {
      message: 'cannot use --accept-proxy with --listen ssl:0',
    })
  })
})
