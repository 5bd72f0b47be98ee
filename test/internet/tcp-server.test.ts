import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import {
  LendingServer,
  ServerFactory,
  strports,
  TCPServer,
  UDPServer,
  UNIXServer,
} from '@runnerd/internet'
import { MultiService, Service } from '@runnerd/service'
import { closed, connectTo, fetchFrom, readAll } from './client.ts'
import { logLines } from './log-lines.ts'

const localhost = { interface: 'localhost' }
const greet = (socket: Socket): void => void socket.end('hello')

let started: TCPServer[] = []

async function start(server: TCPServer): Promise<number> {
  started.push(server)
  await server.startService()
  return server.address()?.port ?? 0
}

describe('TCPServer', () => {
  afterEach(async () => {
    for (const server of started) await server.stopService()
    started = []
  })

  it('TCPServer serves a connection with a plain function', async () => {
    const port = await start(new TCPServer(0, greet, localhost))
    assert.equal(await fetchFrom(port), 'hello')
  })

  it('servers tell before they are bound where they will listen, as far as they know', () => {
    const places = [
      new TCPServer(7, greet),
      new TCPServer(8, greet, localhost),
      strports.service('tcp6:9', greet),
      new UDPServer('udp:10:interface=127.0.0.1', () => {}),
      new UNIXServer('/run/x', greet),
      new LendingServer('udp:11', async () => {}),
      strports.service('fd:3', greet),
    ].map(({ listensOn }) => listensOn)
    assert.deepEqual(places, [
      [{ kind: 'tcp', address: '0.0.0.0', port: 7 }],
      [{ kind: 'tcp', address: '127.0.0.1', port: 8 }],
      [{ kind: 'tcp', address: '::', port: 9 }],
      [{ kind: 'udp', address: '127.0.0.1', port: 10 }],
      [{ kind: 'unix', address: '/run/x' }],
      [{ kind: 'udp', address: '0.0.0.0', port: 11 }],
      undefined,
    ])
  })

  it('TCPServer.address is where it is bound, with the real number of port 0', async () => {
    const server = new TCPServer(0, greet, localhost)
    assert.equal(server.address(), undefined)
    await server.privilegedStartService()
    const { host, port } = server.address() ?? {}
    assert.equal(host, '127.0.0.1')
    assert.ok(port)
    assert.equal(await start(server), port)
    await server.stopService()
    assert.equal(server.address(), undefined)
  })

  for (const [name, host] of [
    ['', '0.0.0.0'],
    [undefined, '0.0.0.0'],
    ['localhost', '127.0.0.1'],
    ['127.0.0.2', '127.0.0.2'],
  ] as const) {
    it(`TCPServer takes the interface ${JSON.stringify(name)} for ${host}`, async () => {
      const server = new TCPServer(0, greet, { interface: name })
      const port = await start(server)
      assert.equal(server.address()?.host, host)
      assert.equal(await fetchFrom(port, host === '0.0.0.0' ? '127.0.0.1' : host), 'hello')
    })
  }

  it('TCPServer listens to IPv6, and on :: to IPv4 too', async () => {
    const one = await start(new TCPServer(0, greet, { interface: '::1' }))
    assert.equal(await fetchFrom(one, '::1'), 'hello')
    const both = await start(new TCPServer(0, greet, { interface: '::' }))
    assert.equal(await fetchFrom(both, '::1'), 'hello')
    assert.equal(await fetchFrom(both, '127.0.0.1'), 'hello')
  })

  for (const port of [-1, 65536, 1.5, Number.NaN]) {
    it(`TCPServer refuses the port ${port} with a RangeError`, () => {
      assert.throws(() => new TCPServer(port, greet), RangeError)
    })
  }

  it('TCPServer refuses what is no port and nothing to serve with', () => {
    assert.throws(() => new TCPServer('80' as never, greet), TypeError)
    assert.throws(() => new TCPServer(0, undefined as never), TypeError)
    assert.throws(() => new TCPServer(0, {} as never), TypeError)
    assert.throws(() => new TCPServer(0, ServerFactory as never), /new ServerFactory/)
  })

  it('TCPServer.startService twice listens once', async () => {
    const server = new TCPServer(0, greet, localhost)
    await Promise.all([start(server), start(server)])
    const port = await start(server)
    assert.equal(await fetchFrom(port), 'hello')
  })

  it('TCPServer.stopService is safe at any time', async () => {
    const server = new TCPServer(0, greet, localhost)
    await server.stopService()
    await server.privilegedStartService()
    await server.stopService()
    assert.equal(server.address(), undefined)
    const starting = server.startService()
    await server.stopService()
    await starting
    assert.deepEqual([server.address(), server.running], [undefined, false])
  })

  it('TCPServer starts again on the same port after a stop', async () => {
    const first = new TCPServer(0, greet, localhost)
    const port = await start(first)
    await fetchFrom(port)
    await first.stopService()
    await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' })
    const again = new TCPServer(port, greet, localhost)
    for (let n = 0; n < 3; n++) {
      await start(again)
      assert.equal(await fetchFrom(port), 'hello')
      await again.stopService()
    }
  })

  it('TCPServer.undoStart releases a port that was only bound', async () => {
    class Fails extends Service {
      override startService(): void {
        throw new Error('no poem')
      }
    }
    const [top, server] = [new MultiService(), new TCPServer(0, greet, localhost)]
    new Fails().setServiceParent(top)
    server.setServiceParent(top)
    await top.privilegedStartService()
    const port = server.address()?.port ?? 0
    await assert.rejects(top.startService(), /no poem/)
    assert.equal(server.address(), undefined)
    assert.equal(await start(new TCPServer(port, greet, localhost)), port)
  })

  it('TCPServer gives back its socket, listening or not, started or failed', {
    skip: process.platform !== 'linux',
  }, async () => {
    class Fails extends ServerFactory {
      override startFactory(): void {
        throw new Error('not ready')
      }
    }
    const before = readdirSync('/proc/self/fd').length
    const server = new TCPServer(0, greet, localhost)
    await server.privilegedStartService()
    await server.stopService()
    await server.startService()
    await server.stopService()
    await assert.rejects(new TCPServer(0, new Fails(), localhost).privilegedStartService())
    assert.equal(readdirSync('/proc/self/fd').length, before)
  })

  it('TCPServer logs its start and stop as Twisted does', async () => {
    class PoetryFactory extends ServerFactory {}
    const { lines, end } = logLines()
    const server = new TCPServer(0, new PoetryFactory(), localhost)
    await server.privilegedStartService()
    const port = server.address()?.port
    await server.startService()
    await server.stopService()
    const unnamed = new TCPServer(0, (socket) => socket.end(), localhost)
    await unnamed.privilegedStartService()
    await unnamed.stopService()
    end()
    assert.deepEqual(lines.slice(0, 4), [
      `[-] PoetryFactory starting on ${port}`,
      '[-] Starting factory <PoetryFactory>',
      `[-] (TCP Port ${port} Closed)`,
      '[-] Stopping factory <PoetryFactory>',
    ])
    assert.match(lines[4] ?? '', /^\[-\] TCPServer starting on \d+$/)
  })

  it('TCPServer logs an error of the function, drops that connection and lives on', async () => {
    const { lines, end } = logLines()
    let call = 0
    const port = await start(
      new TCPServer(
        0,
        async function poems(socket) {
          call += 1
          if (call === 1) throw new Error('first')
          socket.end('hello')
        },
        localhost,
      ),
    )
    await closed(await connectTo(port))
    assert.equal(await fetchFrom(port), 'hello')
    end()
    assert.ok(lines.some((line) => /^\[poems\] Unhandled Error\nError: first/.test(line)))
  })

  it('TCPServer survives a client that resets its connection', async () => {
    const { promise, resolve } = deferred<Socket>()
    const port = await start(new TCPServer(0, resolve, localhost))
    const client = await connectTo(port)
    const served = await promise
    served.resume()
    const lost = new Promise((resolve) => served.once('close', resolve))
    client.resetAndDestroy()
    assert.equal(await lost, true)
  })

  it('TCPServer.stopService sends what was written before it closes a connection', async () => {
    const poem = Buffer.alloc(20_000_000, 'poem ')
    const { promise, resolve } = deferred()
    const server = new TCPServer(
      0,
      (socket) => {
        socket.write(poem)
        resolve()
      },
      { ...localhost, closeTimeout: 60 },
    )
    const client = await connectTo(await start(server))
    await promise
    const [received] = await Promise.all([readAll(client), server.stopService()])
    assert.ok(received.equals(poem))
  })

  it('TCPServer.stopService does not wait for ever for a client that never reads', async () => {
    const { promise, resolve } = deferred<Socket>()
    const server = new TCPServer(
      0,
      (socket) => {
        socket.write(Buffer.alloc(50_000_000))
        resolve(socket)
      },
      { ...localhost, closeTimeout: 0 },
    )
    const client = await connectTo(await start(server))
    client.pause()
    const served = await promise
    await server.stopService()
    assert.equal(served.destroyed, true)
    client.destroy()
  })

  it('TCPServer serves others while a client never reads', async () => {
    const poem = Buffer.alloc(5_000_000, 'x')
    const port = await start(
      new TCPServer(0, (socket) => void socket.end(poem), { ...localhost, closeTimeout: 0 }),
    )
    const stuck = await connectTo(port)
    stuck.pause()
    for (let n = 0; n < 3; n++) assert.ok((await readAll(await connectTo(port))).equals(poem))
    stuck.destroy()
  })

  it('TCPServer.stopService closes idle connections at once', async () => {
    const server = new TCPServer(0, () => {}, { ...localhost, closeTimeout: 3600 })
    const client = await connectTo(await start(server))
    client.resume()
    await Promise.all([closed(client), server.stopService()])
  })
})

function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((r) => {
    resolve = r
  })
  return { promise, resolve }
}
