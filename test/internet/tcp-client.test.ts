import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import tls from 'node:tls'
import {
  ClientFactory,
  type IConnector,
  Protocol,
  TCPClient,
  TLSClient,
  UNIXClient,
} from '@runnerd/internet'
import type { Service } from '@runnerd/service'
import { certificate } from '../helpers/certificate.ts'
import { freePort } from '../helpers/free-port.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { logLines } from './log-lines.ts'

/** The other end: what it was sent, and a way to wait for its connections. */
class Peer {
  readonly #server: net.Server
  readonly sockets: Socket[] = []
  text = ''

  constructor(t: TestContext, server: net.Server = net.createServer()) {
    this.#server = server
    const event = server instanceof tls.Server ? 'secureConnection' : 'connection'
    server.on(event, (socket: Socket) => {
      this.sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', (data) => {
        this.text += data
      })
    })
    t.after(() => {
      for (const socket of this.sockets) socket.destroy()
      server.close()
    })
  }

  async listen(at: string | { path: string } = '127.0.0.1'): Promise<number> {
    if (typeof at === 'string') this.#server.listen(0, at)
    else this.#server.listen(at)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async socket(nth = 0): Promise<Socket> {
    while (this.sockets[nth] === undefined) await settled()
    return this.sockets[nth] as Socket
  }
}

/** Writes down what it hears, and lets a test wait for it. */
class Recorder extends ClientFactory {
  override protocol: new () => Protocol = Recorded
  readonly events: string[] = []
  connector: IConnector | undefined
  #waiting: (() => void) | undefined

  add(event: string): void {
    this.events.push(event)
    this.#waiting?.()
  }

  async until(event: string): Promise<void> {
    while (!this.events.includes(event)) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  override startFactory(): void {
    this.add('start')
  }

  override stopFactory(): void {
    this.add('stop')
  }

  override startedConnecting(connector: IConnector): void {
    this.connector = connector
    this.add(`begun ${connector.state}`)
  }

  override clientConnectionFailed(connector: IConnector, reason: unknown): void {
    this.add(`failed ${(reason as NodeJS.ErrnoException).code} ${connector.state}`)
  }

  override clientConnectionLost(connector: IConnector, reason?: Error): void {
    const code = (reason as NodeJS.ErrnoException | undefined)?.code
    this.add(`ended ${code ?? 'clean'} ${connector.state}`)
  }
}

class Recorded extends Protocol<Recorder> {
  override connectionMade(): void {
    this.factory.add('made')
  }

  override connectionLost(): void {
    this.factory.add('lost')
  }
}

/** Starts it, and stops it if the test doesn't. */
function start(t: TestContext, client: Service): void {
  t.after(() => client.stopService())
  client.startService()
}

/** All promises settle that wait for nothing from outside. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function stateOf(client: Service & { describe(): { details?: unknown } }): unknown {
  return (client.describe().details as { state: unknown }).state
}

describe('TCPClient', () => {
  it('TCPClient connects once, tells its factory in the order of Twisted, and stops it at the end', async (t) => {
    const peer = new Peer(t)
    const factory = new Recorder()
    const client = new TCPClient('127.0.0.1', await peer.listen(), factory)
    assert.equal(stateOf(client), 'disconnected')
    start(t, client)
    start(t, client)
    assert.deepEqual([stateOf(client), client.running], ['connecting', true])
    const socket = await peer.socket()
    await factory.until('made')
    await settled()
    assert.equal(stateOf(client), 'connected')
    socket.end()
    await factory.until('stop')
    const events = ['start', 'begun connecting', 'made', 'lost', 'ended clean disconnected', 'stop']
    assert.deepEqual(factory.events, events)
    assert.deepEqual([stateOf(client), client.running], ['disconnected', true])
    await client.stopService()
    assert.equal(peer.sockets.length, 1)
  })

  it('TCPClient tells why a connection was lost', async (t) => {
    const peer = new Peer(t)
    const factory = new Recorder()
    const client = new TCPClient('127.0.0.1', await peer.listen(), factory)
    start(t, client)
    const socket = await peer.socket()
    await factory.until('made')
    socket.resetAndDestroy()
    await factory.until('ended ECONNRESET disconnected')
    await client.stopService()
  })

  it('TCPClient logs an attempt that failed, and tells it', async (t) => {
    const { lines, end } = logLines()
    const factory = new Recorder()
    const port = await freePort()
    const client = new TCPClient('127.0.0.1', port, factory)
    start(t, client)
    await factory.until('stop')
    end()
    const failed = 'failed ERR_CANNOT_CONNECT disconnected'
    assert.deepEqual(factory.events, ['start', 'begun connecting', failed, 'stop'])
    const line = `[Recorder] cannot connect to tcp:127.0.0.1:${port}: connection refused`
    assert.ok(lines.includes(line))
    await client.stopService()
  })

  it('TCPClient connects again when its factory says so, until it is stopped', async (t) => {
    const peer = new Peer(t)
    class Stubborn extends Recorder {
      override clientConnectionLost(connector: IConnector, reason?: Error): void {
        super.clientConnectionLost(connector, reason)
        connector.connect()
        connector.connect()
      }
    }
    const factory = new Stubborn()
    const client = new TCPClient('127.0.0.1', await peer.listen(), factory)
    start(t, client)
    ;(await peer.socket(0)).end()
    await peer.socket(1)
    await client.stopService()
    assert.equal(peer.sockets.length, 2)
    assert.deepEqual(
      factory.events.filter((event) => event === 'start' || event === 'stop'),
      ['start', 'stop'],
    )
    factory.connector?.connect()
    assert.equal(stateOf(client), 'disconnected')
  })

  it('TCPClient is disconnected by its connector, and connected again', async (t) => {
    const peer = new Peer(t)
    const factory = new Recorder()
    const client = new TCPClient('127.0.0.1', await peer.listen(), factory)
    start(t, client)
    await factory.until('made')
    factory.connector?.disconnect()
    factory.connector?.disconnect()
    await factory.until('stop')
    factory.connector?.connect()
    await peer.socket(1)
    await client.stopService()
  })

  it('TCPClient.stopService sends what was written, closes the connection and waits for that', async (t) => {
    const peer = new Peer(t)
    let socket: Socket | undefined
    const client = new TCPClient('127.0.0.1', await peer.listen(), (its, { draining }) => {
      socket = its
      its.write('hello')
      draining.addEventListener('abort', () => its.write(' and goodbye'))
    })
    start(t, client)
    const other = await peer.socket()
    while (socket === undefined) await settled()
    await client.stopService()
    assert.equal(socket.closed, true)
    if (!other.readableEnded) await once(other, 'end')
    assert.equal(peer.text, 'hello and goodbye')
    await client.stopService()
  })

  it('TCPClient.stopService cuts a connection whose peer does not read', async (t) => {
    const peer = new Peer(t)
    let socket: Socket | undefined
    const serve = (its: Socket): void => {
      socket = its
      its.write(Buffer.alloc(50_000_000))
    }
    const port = await peer.listen()
    const client = new TCPClient('127.0.0.1', port, serve, { closeTimeout: 0.05 })
    start(t, client)
    ;(await peer.socket()).pause()
    await client.stopService()
    assert.equal(socket?.closed, true)
  })

  it('TCPClient.stopService gives up the attempt, also at once', async (t) => {
    const peer = new Peer(t)
    const factory = new Recorder()
    const client = new TCPClient('127.0.0.1', await peer.listen(), factory)
    await client.stopService()
    start(t, client)
    await client.stopService()
    const failed = 'failed ERR_CANCELLED disconnected'
    assert.deepEqual(factory.events, ['start', 'begun connecting', failed, 'stop'])
  })

  it('TCPClient whose factory refuses to start does not start', () => {
    const factory = new Recorder()
    factory.startFactory = () => assert.fail('no')
    assert.throws(() => new TCPClient('127.0.0.1', 1, factory).startService(), /no/)
  })

  it('TCPClient logs what the methods of its factory throw', async (t) => {
    const { lines, end } = logLines()
    class Bad extends ClientFactory {
      override startedConnecting(): void {
        throw new Error('bad start')
      }

      override async clientConnectionFailed(): Promise<void> {
        throw new Error('bad end')
      }
    }
    const client = new TCPClient('127.0.0.1', await freePort(), new Bad())
    start(t, client)
    await client.stopService()
    await settled()
    end()
    for (const text of ['bad start', 'bad end']) {
      assert.ok(
        lines.some((line) => line.startsWith('[Bad]') && line.includes(text)),
        text,
      )
    }
  })

  it('TCPClient refuses what is no host, port or time, and nothing to serve with', () => {
    assert.throws(() => new TCPClient('', 1, () => {}), TypeError)
    assert.throws(() => new TCPClient('localhost', -1, () => {}), RangeError)
    assert.throws(() => new TCPClient('localhost', 1, undefined as never), TypeError)
    assert.throws(() => new TCPClient('localhost', 1, Recorder as never), TypeError)
    const options = { closeTimeout: -1 }
    assert.throws(() => new TCPClient('localhost', 1, () => {}, options), RangeError)
  })
})

describe('UNIXClient', () => {
  it('UNIXClient connects to a UNIX socket', async (t) => {
    const peer = new Peer(t)
    const path = join(tempDir(t), 'x.sock')
    await peer.listen({ path })
    const factory = new Recorder()
    const client = new UNIXClient(path, factory)
    start(t, client)
    await factory.until('made')
    await settled()
    assert.deepEqual(client.describe().details, { endpoint: `unix:${path}`, state: 'connected' })
    await client.stopService()
  })
})

describe('TLSClient', () => {
  it('TLSClient speaks TLS with a server that it trusts', async (t) => {
    const keys = certificate()
    if (keys === undefined) return t.skip('openssl(1) is not there')
    const peer = new Peer(t, tls.createServer({ ...keys }))
    const port = await peer.listen()
    const factory = new Recorder()
    const client = new TLSClient('localhost', port, factory, { tls: { ca: keys.cert } })
    start(t, client)
    await factory.until('made')
    await settled()
    assert.equal(stateOf(client), 'connected')
    await client.stopService()
    assert.equal(factory.events.at(-1), 'stop')
    const stranger = new Recorder()
    const other = new TLSClient('localhost', port, stranger)
    start(t, other)
    await stranger.until('failed ERR_CANNOT_CONNECT disconnected')
    await other.stopService()
  })
})
