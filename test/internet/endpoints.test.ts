import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  type IListeningPort,
  type IStreamServerEndpoint,
  Protocol,
  quoteStringArgument,
  ServerFactory,
  SocketServer,
  StreamServerEndpointService,
  serverFromString,
  strports,
} from '@runnerd/internet'
import { MultiService, Service } from '@runnerd/service'
import { freePort } from '../helpers/free-port.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { connectTo, fetchFrom, readAll } from './client.ts'
import { logLines } from './log-lines.ts'

const greet = (socket: Socket): void => void socket.end('hello')

async function serve(
  t: TestContext,
  ...args: Parameters<typeof strports.service>
): Promise<StreamServerEndpointService> {
  const service = strports.service(...args)
  t.after(() => service.stopService())
  await service.startService()
  return service
}

async function fetchAt(path: string): Promise<string> {
  return String(await readAll(net.connect(path)))
}

describe('strports.service', () => {
  it('listens on tcp: on every IPv4 address, or on its interface', async (t) => {
    const every = await serve(t, 'tcp:0', greet)
    assert.equal(every.address()?.host, '0.0.0.0')
    assert.equal(await fetchFrom(every.address()?.port ?? 0), 'hello')
    const one = await serve(t, 'tcp:0:interface=127.0.0.2', greet)
    assert.equal(String(one.address()), `IPv4Address(TCP, '127.0.0.2', ${one.address()?.port})`)
  })

  it('listens on the port that tcp: names', async (t) => {
    const port = await freePort()
    await serve(t, `tcp:port=${port}:interface=localhost:backlog=5`, greet)
    assert.equal(await fetchFrom(port), 'hello')
  })

  it('listens on tcp6: for IPv6 and IPv4, or on its interface', async (t) => {
    const both = await serve(t, 'tcp6:0', greet)
    assert.equal(await fetchFrom(both.address()?.port ?? 0, '::1'), 'hello')
    assert.equal(await fetchFrom(both.address()?.port ?? 0), 'hello')
    const one = await serve(t, `tcp6:0:interface=${quoteStringArgument('::1')}`, greet)
    assert.equal(one.address()?.host, '::1')
    await assert.rejects(connectTo(one.address()?.port ?? 0), { code: 'ECONNREFUSED' })
  })

  it('listens on unix: with the mode that it says, and removes the path at the end', async (t) => {
    const path = join(tempDir(t), 'a:b')
    const service = await serve(t, `unix:${quoteStringArgument(path)}:mode=640:lockfile=0`, greet)
    assert.equal(statSync(path).mode & 0o777, 0o640)
    assert.equal(await fetchAt(path), 'hello')
    const [{ connections, ...listener } = {}] = service.describe().listeners ?? []
    assert.deepEqual(listener, { kind: 'unix', address: path })
    assert.equal(connections?.total, 1)
    await service.stopService()
    assert.ok(!existsSync(path))
  })

  it('binds in the privileged half, and accepts when the whole tree has started', async (t) => {
    const top = new MultiService()
    const service = strports.service('tcp:0:interface=127.0.0.1', greet)
    await service.setServiceParent(top)
    t.after(() => top.stopService())
    await top.privilegedStartService()
    const port = service.address()?.port ?? 0
    const last = new Service()
    last.startService = async () => {
      await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' })
    }
    await last.setServiceParent(top)
    await top.startService()
    assert.equal(await fetchFrom(port), 'hello')
  })

  it('serves a factory, and is said in the log as the servers are', async (t) => {
    class Hello extends Protocol {
      override connectionMade(): void {
        this.transport.write('hello')
        this.transport.loseConnection()
      }
    }
    class HelloFactory extends ServerFactory {
      override protocol = Hello
    }
    const { lines, end } = logLines()
    const service = await serve(t, 'tcp:0:interface=localhost', new HelloFactory())
    const port = service.address()?.port ?? 0
    assert.equal(await fetchFrom(port), 'hello')
    await service.stopService()
    end()
    assert.deepEqual(lines, [
      `[-] HelloFactory starting on ${port}`,
      '[-] Starting factory <HelloFactory>',
      `[-] (TCP Port ${port} Closed)`,
      '[-] Stopping factory <HelloFactory>',
    ])
  })

  it('can be stopped and started again, and fails when somebody has the port', async (t) => {
    const port = await freePort()
    const service = await serve(t, `tcp:${port}:interface=localhost`, greet)
    const rival = strports.service(`tcp:${port}:interface=localhost`, greet)
    await assert.rejects(async () => rival.startService(), { code: 'ERR_CANNOT_LISTEN', port })
    await service.stopService()
    await rival.startService()
    assert.equal(await fetchFrom(port), 'hello')
    await rival.stopService()
    await service.startService()
    assert.equal(await fetchFrom(port), 'hello')
  })
})

describe('serverFromString', () => {
  it('makes an endpoint of which each listen is a port of its own', async () => {
    const endpoint = serverFromString('tcp:0:interface=localhost')
    const ports = [await endpoint.listen(greet), await endpoint.listen(greet)]
    const numbers = ports.map((port) => port.getHost().port)
    assert.notEqual(numbers[0], numbers[1])
    assert.equal(await fetchFrom(numbers[1] ?? 0), 'hello')
    for (const port of ports) await port.stopListening()
    await assert.rejects(connectTo(numbers[0] ?? 0), { code: 'ECONNREFUSED' })
  })

  it('makes an endpoint that binds without accepting', async () => {
    const port = await serverFromString('tcp:0:interface=localhost').bind?.(greet)
    assert.ok(port)
    await assert.rejects(connectTo(port.getHost().port), { code: 'ECONNREFUSED' })
    await port.startListening()
    await port.startListening()
    assert.equal(await fetchFrom(port.getHost().port), 'hello')
    await port.stopListening()
  })

  it('makes ports that may be stopped twice: the factory is stopped with the last of them', async (t) => {
    const told: string[] = []
    class Counted extends ServerFactory {
      override protocol = Protocol
      override startFactory(): void {
        told.push('started')
      }
      override stopFactory(): void {
        told.push('stopped')
      }
    }
    const factory = new Counted()
    const endpoint = serverFromString('tcp:0:interface=localhost')
    const [first, second] = [await endpoint.listen(factory), await endpoint.listen(factory)]
    t.after(() => second.stopListening())
    await Promise.all([first.stopListening(), first.stopListening()])
    await first.stopListening()
    assert.deepEqual(told, ['started'])
    await second.stopListening()
    await second.stopListening()
    await (await endpoint.listen(factory)).stopListening()
    assert.deepEqual(told, ['started', 'stopped', 'started', 'stopped'])
  })
})

describe('SocketServer', () => {
  it('says what its datagrams have to be, and is not bound', async () => {
    const server = new SocketServer('udp:0', { stream: greet, datagrams: (() => {}) as never })
    const message = 'datagrams must be a function that returns a DatagramProtocol'
    await assert.rejects(server.startService() as Promise<void>, { name: 'TypeError', message })
    assert.equal(server.address(), undefined)
  })
})

describe('StreamServerEndpointService', () => {
  it('serves on an endpoint of a third party, which may have no bind', async (t) => {
    const inner = serverFromString('tcp:0:interface=localhost')
    const asked: unknown[] = []
    const endpoint: IStreamServerEndpoint = {
      async listen(served, options): Promise<IListeningPort> {
        asked.push(options)
        return await inner.listen(served, options)
      },
    }
    const service = new StreamServerEndpointService(endpoint, greet, { timeout: 9 })
    t.after(() => service.stopService())
    await service.startService()
    assert.equal(await fetchFrom(service.address()?.port ?? 0), 'hello')
    assert.deepEqual(asked, [{ timeout: 9 }])
    const [listener] = service.describe().listeners ?? []
    assert.equal(listener?.connections?.total, 1)
  })

  it('refuses what serves nothing, and limits that are none, when it is made', () => {
    const endpoint = serverFromString('tcp:0')
    assert.throws(() => new StreamServerEndpointService(endpoint, {} as never), TypeError)
    const noEndpoint = { name: 'TypeError', message: /serverFromString makes one of a string/ }
    assert.throws(() => new StreamServerEndpointService('tcp:0' as never, greet), noEndpoint)
    const noString = { name: 'TypeError', message: /must be a string, not undefined/ }
    assert.throws(() => strports.service(undefined as never, greet), noString)
    for (const limits of [
      { maxConnections: -1 },
      { maxConnections: 1.5 },
      { timeout: -1 },
      { timeout: Number.NaN },
      { closeTimeout: -1 },
      { closeTimeout: Number.POSITIVE_INFINITY },
    ]) {
      assert.throws(() => new StreamServerEndpointService(endpoint, greet, limits), RangeError)
    }
  })
})
