import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import tls from 'node:tls'
import {
  connectProtocol,
  HostnameEndpoint,
  type IStreamClientEndpoint,
  Protocol,
  ServerFactory,
  StreamClientEndpoint,
  UNIXClientEndpoint,
  wrapClientTLS,
} from '@runnerd/internet'
import { certificate } from '../helpers/certificate.ts'
import { freePort } from '../helpers/free-port.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { readAll } from './client.ts'
import { logLines } from './log-lines.ts'

const hello = (socket: Socket): void => void socket.end('hello')

/** Listens until the test is over. @returns its port */
async function serve(
  t: TestContext,
  server: Server = net.createServer(hello),
  at: string | { path: string } = '127.0.0.1',
): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  server.on('tlsClientError', () => {})
  if (typeof at === 'string') server.listen(0, at)
  else server.listen(at)
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Has a name mean this machine by IPv6 and IPv4: not every /etc/hosts has such a one. */
function twoAddresses(t: TestContext): void {
  const all = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  const { lookup } = dns
  const answer: unknown = (name: string, ...[options, done]: [LookupOptions, LookupDone]) => {
    if (name !== 'two.example') return lookup(name, options, done)
    const found = all.filter(({ family }) => !options.family || options.family === family)
    const [first] = found
    process.nextTick(() =>
      options.all ? done(null, found) : done(null, first?.address, first?.family),
    )
  }
  t.mock.method(dns, 'lookup', answer as typeof lookup)
}

type LookupOptions = dns.LookupOptions
type LookupDone = (...answer: unknown[]) => void

async function textFrom(endpoint: IStreamClientEndpoint): Promise<string> {
  return String(await readAll(await endpoint.connect(() => {})))
}

class Quiet extends Protocol {}

class QuietFactory extends ServerFactory {
  override protocol: typeof Quiet = Quiet
  readonly events: string[] = []

  override startFactory(): void {
    this.events.push('start')
  }

  override stopFactory(): void {
    this.events.push('stop')
  }
}

describe('HostnameEndpoint', () => {
  it('HostnameEndpoint gives a function the socket, and its context', async (t) => {
    const port = await serve(t)
    const seen: unknown[] = []
    const endpoint = new HostnameEndpoint('127.0.0.1', port)
    const { signal } = new AbortController()
    const socket = await endpoint.connect((...args) => void seen.push(...args), signal)
    assert.deepEqual(seen, [socket, { draining: signal }])
    assert.equal(String(await readAll(socket)), 'hello')
  })

  it('HostnameEndpoint builds a protocol, which knows both ends, between start and stop of its factory', async (t) => {
    const port = await serve(t)
    const { lines, end } = logLines()
    const factory = new QuietFactory()
    const protocol = await new HostnameEndpoint('127.0.0.1', port).connect(factory)
    assert.ok(protocol instanceof Quiet)
    const { transport } = protocol
    const { localPort } = transport.socket
    assert.equal(String(transport.getPeer()), `IPv4Address(TCP, '127.0.0.1', ${port})`)
    assert.equal(String(transport.getHost()), `IPv4Address(TCP, '127.0.0.1', ${localPort})`)
    assert.deepEqual(factory.events, ['start'])
    transport.loseConnection()
    await once(transport.socket, 'close')
    assert.deepEqual(factory.events, ['start', 'stop'])
    end()
    const names = ['[-] Starting factory <QuietFactory>', '[-] Stopping factory <QuietFactory>']
    assert.deepEqual(lines, names)
  })

  for (const address of ['127.0.0.1', '::1']) {
    it(`HostnameEndpoint tries the addresses of a name until one answers, here ${address}`, async (t) => {
      twoAddresses(t)
      const port = await serve(t, net.createServer(hello), address)
      assert.equal(await textFrom(new HostnameEndpoint('two.example', port)), 'hello')
    })
  }

  it('HostnameEndpoint connects from its bindAddress, of a family of addresses', async (t) => {
    twoAddresses(t)
    const server = net.createServer((socket) => socket.end(String(socket.remoteAddress)))
    const port = await serve(t, server)
    const options = { bindAddress: '127.0.0.2' }
    assert.equal(await textFrom(new HostnameEndpoint('two.example', port, options)), '127.0.0.2')
  })

  it('HostnameEndpoint says where it cannot connect, and why; the factory is stopped', async () => {
    const port = await freePort()
    const factory = new QuietFactory()
    await assert.rejects(new HostnameEndpoint('127.0.0.1', port).connect(factory), (error) => {
      const { code, message, destination, cause } = error as Error & Record<string, unknown>
      assert.equal(code, 'ERR_CANNOT_CONNECT')
      assert.equal(message, `cannot connect to tcp:127.0.0.1:${port}: connection refused`)
      assert.equal(destination, `tcp:127.0.0.1:${port}`)
      assert.equal((cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
      return true
    })
    assert.deepEqual(factory.events, ['start', 'stop'])
    const nowhere = new HostnameEndpoint('nowhere.invalid', 1).connect(() => {})
    await assert.rejects(nowhere, /^ConnectError: cannot connect to tcp:nowhere\.invalid:1: /)
    const taken = new HostnameEndpoint('::1', port, { bindAddress: '127.0.0.1' }).connect(() => {})
    await assert.rejects(taken, /cannot connect to tcp:\\:\\:1:/)
  })

  it('HostnameEndpoint tells all that failed of a name with several addresses by the first', async (t) => {
    twoAddresses(t)
    const port = await freePort()
    await assert.rejects(
      new HostnameEndpoint('two.example', port).connect(() => {}),
      { message: `cannot connect to tcp:two.example:${port}: connection refused` },
    )
  })

  it('HostnameEndpoint gives up when its signal is aborted, before or meanwhile', async (t) => {
    const port = await serve(t)
    const endpoint = new HostnameEndpoint('127.0.0.1', port)
    const factory = new QuietFactory()
    await assert.rejects(endpoint.connect(factory, AbortSignal.abort()), { code: 'ERR_CANCELLED' })
    const controller = new AbortController()
    const connecting = endpoint.connect(factory, controller.signal)
    controller.abort()
    await assert.rejects(connecting, { code: 'ERR_CANCELLED' })
    assert.deepEqual(factory.events, ['start', 'stop', 'start', 'stop'])
  })

  it('HostnameEndpoint leaves a connection open whose signal is aborted later, and tells it', async (t) => {
    const port = await serve(
      t,
      net.createServer(() => {}),
    )
    const controller = new AbortController()
    const endpoint = new HostnameEndpoint('127.0.0.1', port)
    const { transport } = await endpoint.connect(new QuietFactory(), controller.signal)
    assert.equal(transport.draining.aborted, false)
    controller.abort()
    assert.equal(transport.draining.aborted, true)
    assert.equal(transport.socket.destroyed, false)
    transport.abortConnection()
  })

  it('HostnameEndpoint rejects with what the function throws, and closes the socket', async (t) => {
    const port = await serve(t)
    const endpoint = new HostnameEndpoint('127.0.0.1', port)
    let socket: Socket | undefined
    const bad = (its: Socket): void => {
      socket = its
      throw new Error('bad')
    }
    await assert.rejects(endpoint.connect(bad), /bad/)
    assert.equal(socket?.destroyed, true)
  })

  it('HostnameEndpoint refuses what is no host, port, address or time', () => {
    const bad = (...args: unknown[]): (() => unknown) => {
      const [host, port, options] = args as ConstructorParameters<typeof HostnameEndpoint>
      return () => new HostnameEndpoint(host, port, options)
    }
    assert.throws(bad('', 1), TypeError)
    assert.throws(bad(1, 1), TypeError)
    assert.throws(bad('localhost', 65536), { code: 'ERR_SOCKET_BAD_PORT' })
    assert.throws(bad('localhost', '1'), TypeError)
    assert.throws(bad('localhost', 1, { bindAddress: 'here' }), TypeError)
    for (const timeout of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(bad('localhost', 1, { timeout }), RangeError)
    }
  })
})

describe('UNIXClientEndpoint', () => {
  it('UNIXClientEndpoint connects, and protocols get its address', async (t) => {
    const path = join(tempDir(t), 'x.sock')
    await serve(t, undefined, { path })
    assert.equal(await textFrom(new UNIXClientEndpoint(path)), 'hello')
    const { transport } = await new UNIXClientEndpoint(path).connect(new QuietFactory())
    assert.equal(String(transport.getPeer()), `UNIXAddress('${path}')`)
    assert.equal(String(transport.getHost()), "UNIXAddress('')")
    transport.abortConnection()
  })

  it('UNIXClientEndpoint says where it cannot connect, and why', async (t) => {
    const path = join(tempDir(t), 'x.sock')
    await assert.rejects(
      new UNIXClientEndpoint(path).connect(() => {}),
      {
        code: 'ERR_CANNOT_CONNECT',
        message: `cannot connect to unix:${path}: no such file`,
      },
    )
  })

  it('UNIXClientEndpoint takes an abstract name on Linux', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const path = `\0runner-test-${process.pid}`
    await serve(t, undefined, { path })
    assert.equal(await textFrom(new UNIXClientEndpoint(path)), 'hello')
  })

  it('UNIXClientEndpoint refuses what is no path, or no time', () => {
    for (const path of ['', 1, undefined]) {
      assert.throws(() => new UNIXClientEndpoint(path as string), TypeError)
    }
    assert.throws(() => new UNIXClientEndpoint('x', { timeout: -1 }), RangeError)
  })
})

describe('wrapClientTLS', () => {
  const keys = certificate()
  const skip = keys === undefined ? 'openssl(1) is not there' : false
  const ca = keys?.cert

  function secure(port: number, host = 'localhost', trust = ca): IStreamClientEndpoint {
    const tlsOptions = trust === undefined ? { host } : { host, ca: trust }
    return wrapClientTLS(tlsOptions, new HostnameEndpoint('127.0.0.1', port), { timeout: 10 })
  }

  it('wrapClientTLS connects to a server whose certificate it trusts', { skip }, async (t) => {
    const server = tls.createServer({ ...keys }, (socket) => socket.end(`for ${socket.servername}`))
    const port = await serve(t, server)
    assert.equal(await textFrom(secure(port)), 'for localhost')
    // Made anew for each connection.
    let asked = 0
    const anew = wrapClientTLS(async () => {
      asked += 1
      return { host: 'localhost', ca: ca as string }
    }, new HostnameEndpoint('127.0.0.1', port))
    assert.equal(await textFrom(anew), 'for localhost')
    assert.equal(await textFrom(anew), 'for localhost')
    assert.equal(asked, 2)
  })

  it('wrapClientTLS refuses a certificate that nobody vouches for, or for another name', {
    skip,
  }, async (t) => {
    const port = await serve(t, tls.createServer({ ...keys }, hello))
    const name = `tls:127.0.0.1:${port}`
    const hint = 'trustRoots= of a tls: endpoint names the certificates to trust'
    const message = `cannot connect to ${name}: self-signed certificate`
    await assert.rejects(
      secure(port, 'localhost', '').connect(() => {}),
      { message, hint },
    )
    const other = secure(port, 'example.org').connect(() => {})
    await assert.rejects(other, /cannot connect to .* does not match certificate's altnames/)
    const address = secure(port, '127.0.0.1').connect(() => {})
    await assert.rejects(address, /IP: 127\.0\.0\.1 is not in the cert's list/)
  })

  it('wrapClientTLS says in a few words that the server speaks no TLS', { skip }, async (t) => {
    const port = await serve(t)
    const message = `cannot connect to tls:127.0.0.1:${port}: wrong version number`
    await assert.rejects(
      secure(port).connect(() => {}),
      { message },
    )
  })

  it('wrapClientTLS names itself when the connection below fails', async () => {
    const port = await freePort()
    const message = `cannot connect to tls:127.0.0.1:${port}: connection refused`
    await assert.rejects(
      secure(port).connect(() => {}),
      { message },
    )
  })

  it('wrapClientTLS closes the connection below when its options cannot be used', async (t) => {
    const server = net.createServer((socket) => socket.resume())
    const port = await serve(t, server)
    const endpoint = new HostnameEndpoint('127.0.0.1', port)
    const accepted = once(server, 'connection')
    const connecting = wrapClientTLS({ host: 'localhost', key: 'no key' }, endpoint)
    await assert.rejects(
      connecting.connect(() => {}),
      { code: 'ERR_CANNOT_CONNECT' },
    )
    const [socket] = (await accepted) as [Socket]
    if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(60_000) })
  })

  it('wrapClientTLS gives up a server that says nothing, in its time or when told', async (t) => {
    const sockets: Socket[] = []
    const port = await serve(
      t,
      net.createServer((socket) => sockets.push(socket)),
    )
    const below = new HostnameEndpoint('127.0.0.1', port)
    const late = wrapClientTLS({ host: 'localhost' }, below, { timeout: 0.05 }).connect(() => {})
    await assert.rejects(late, { message: `cannot connect to tls:127.0.0.1:${port}: timed out` })
    const controller = new AbortController()
    const given = secure(port).connect(() => {}, controller.signal)
    while (sockets.length < 2) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await assert.rejects(given, { code: 'ERR_CANCELLED' })
    // Both were closed on this side.
    for (const socket of sockets) assert.notEqual(await readAll(socket), '')
  })
})

describe('StreamClientEndpoint', () => {
  it('StreamClientEndpoint names what a third party failed with after its toString', async () => {
    class Odd extends StreamClientEndpoint {
      override async open(): Promise<Socket> {
        throw new Error('out of luck')
      }

      override toString(): string {
        return 'odd:'
      }
    }
    await assert.rejects(
      new Odd().connect(() => {}),
      {
        code: 'ERR_CANNOT_CONNECT',
        message: 'cannot connect to odd:: out of luck',
      },
    )
  })
})

describe('connectProtocol', () => {
  it('connectProtocol connects the protocol that it is given', async (t) => {
    const port = await serve(t)
    class Listener extends Protocol {
      text = ''
      override dataReceived(data: Buffer): void {
        this.text += data
      }
    }
    const { lines, end } = logLines()
    const listener = new Listener()
    const endpoint = new HostnameEndpoint('127.0.0.1', port)
    assert.equal(await connectProtocol(endpoint, listener), listener)
    await once(listener.transport.socket, 'close')
    end()
    assert.equal(listener.text, 'hello')
    assert.deepEqual(lines, [])
  })
})
