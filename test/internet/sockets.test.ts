import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type ConnectionContext, TCPServer } from '@runnerd/internet'
import {
  type BoundHandle,
  bindHandle,
  boundSocket,
  boundSockets,
  releaseSocket,
  type SocketSpec,
  setSocketSource,
  takeSocket,
} from '@runnerd/internet/sockets'
import { tempDir } from '../helpers/temp-dir.ts'
import { closed, connectTo, fetchFrom } from './client.ts'

const anyPort: SocketSpec = { kind: 'tcp', address: '127.0.0.1', port: 0 }

/** Has sockets come from `source` until the test is over. */
function from(
  t: { after(end: () => void): void },
  source: (spec: SocketSpec, nth: number) => Promise<BoundHandle | undefined>,
): void {
  setSocketSource(source)
  t.after(() => setSocketSource(undefined))
}

describe('sockets', () => {
  test('a TCPServer listens on the socket that the source has for it', async (t) => {
    const handle = await bindHandle(anyPort)
    const asked: unknown[] = []
    from(t, async (spec, nth) => {
      asked.push({ ...spec, nth })
      return handle
    })
    const server = new TCPServer(0, (socket) => socket.end('handed over'), {
      interface: 'localhost',
    })
    await server.startService()
    t.after(() => server.stopService())
    assert.deepEqual(asked, [{ ...anyPort, nth: 0 }])
    const port = server.address()?.port ?? 0
    assert.equal(boundSocket(anyPort, 0)?.handle, handle)
    assert.equal(await fetchFrom(port), 'handed over')
  })

  test('what the source has not is bound here, and what it refuses fails the start', async (t) => {
    from(t, async () => undefined)
    const server = new TCPServer(0, (socket) => socket.end('own'), { interface: 'localhost' })
    await server.startService()
    assert.equal(await fetchFrom(server.address()?.port ?? 0), 'own')
    await server.stopService()
    setSocketSource(async () => {
      throw Object.assign(new Error('bind EACCES: permission denied'), { code: 'EACCES' })
    })
    await assert.rejects(async () => server.startService(), { code: 'ERR_CANNOT_LISTEN' })
    assert.deepEqual(boundSockets(), [])
  })

  test('sockets wanted alike are counted, and the smallest free number is next', async (t) => {
    const asked: number[] = []
    from(t, async (_spec, nth) => {
      asked.push(nth)
      return undefined
    })
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => takeSocket(anyPort)))
    assert.ok(first && second && third)
    releaseSocket(second)
    second.handle.close()
    const again = await takeSocket(anyPort)
    assert.deepEqual(asked, [0, 1, 2, 1])
    for (const socket of [first, again, third]) {
      releaseSocket(socket)
      socket.handle.close()
    }
    assert.equal(boundSocket(anyPort, 0), undefined)
  })

  test('the name of a UNIX socket stays when one of those that have it closes it', async (t) => {
    const path = join(tempDir(t), 'a.sock')
    const handle = await bindHandle({ kind: 'unix', address: path, port: 0 })
    await assert.rejects(bindHandle({ kind: 'unix', address: path, port: 0 }), {
      code: 'EADDRINUSE',
    })
    const server = createServer((socket) => socket.end('unix'))
    server.listen(handle)
    await once(server, 'listening')
    const client = connect(path)
    assert.equal(String((await once(client, 'data'))[0]), 'unix')
    server.close()
    await once(server, 'close')
    assert.ok(existsSync(path))
  })

  test('a UDP socket is bound without a word of deprecation', async () => {
    const warnings: Error[] = []
    process.on('warning', (warning) => warnings.push(warning))
    const handle = await bindHandle({ kind: 'udp', address: '127.0.0.1', port: 0 })
    const info: { port?: number } = {}
    handle.getsockname?.(info)
    handle.close()
    await new Promise(setImmediate)
    assert.ok((info.port ?? 0) > 0)
    assert.deepEqual(warnings, [])
  })
})

describe('TCPServer.drain', () => {
  test('refuses new connections, tells the open ones, and waits for them to end', async () => {
    const told: Socket[] = []
    const serve = (socket: Socket, { draining }: ConnectionContext): void => {
      socket.write('hello')
      draining.addEventListener('abort', () => told.push(socket))
    }
    const server = new TCPServer(0, serve, { interface: 'localhost' })
    await server.startService()
    const port = server.address()?.port ?? 0
    const client = await connectTo(port)
    await once(client, 'data')
    let drained = false
    const done = server.drain().then(() => {
      drained = true
    })
    await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' })
    assert.equal(told.length, 1)
    assert.equal(drained, false)
    told[0]?.end('goodbye')
    await closed(client)
    await done
    assert.deepEqual(boundSockets(), [])
    await server.stopService()
  })

  test('a stop in the middle of it cuts what has not ended', async () => {
    const server = new TCPServer(0, (socket) => socket.write('hello'), { interface: 'localhost' })
    await server.startService()
    const client = await connectTo(server.address()?.port ?? 0)
    await once(client, 'data')
    const done = server.drain()
    await server.stopService()
    await done
    await closed(client)
  })

  test('who asks only when the drain has begun is told too', async () => {
    let told: boolean | undefined
    const serve = (socket: Socket, context: ConnectionContext): void => {
      socket.write('hello')
      socket.once('data', () => {
        told = context.draining.aborted
        socket.end()
      })
    }
    const server = new TCPServer(0, serve, { interface: 'localhost' })
    await server.startService()
    const client = await connectTo(server.address()?.port ?? 0)
    await once(client, 'data')
    const drained = server.drain()
    client.write('1')
    client.resume()
    await closed(client)
    await drained
    assert.equal(told, true)
    await server.stopService()
  })
})
