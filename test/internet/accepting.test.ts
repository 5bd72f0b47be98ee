import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { TCPServer } from '@runnerd/internet'
import { MultiService, Service } from '@runnerd/service'
import { connectTo, fetchFrom } from './client.ts'
import { startRival } from './rival.ts'

const localhost = { interface: 'localhost' }
const greet = (socket: Socket): void => void socket.end('hello')

/** A service whose start does what it is told, after the servers before it. */
class Last extends Service {
  readonly #act: () => Promise<void>

  constructor(act: () => Promise<void>) {
    super()
    this.#act = act
  }

  override async startService(): Promise<void> {
    await super.startService()
    await this.#act()
  }
}

function treeOf(...services: Service[]): MultiService {
  const [top, middle] = [new MultiService(), new MultiService()]
  middle.setServiceParent(top)
  for (const service of services) service.setServiceParent(middle)
  return top
}

describe('TCPServer in a tree', () => {
  it('TCPServer refuses connections while it is bound but the tree has not started', async () => {
    const server = new TCPServer(0, greet, localhost)
    const port = (): number => server.address()?.port ?? 0
    let refused = 0
    const refusal = async (): Promise<void> => {
      await assert.rejects(connectTo(port()), { code: 'ECONNREFUSED' })
      refused += 1
    }
    const top = treeOf(server, new Last(refusal))
    await top.privilegedStartService()
    await refusal()
    await top.startService()
    assert.equal(refused, 2)
    assert.equal(await fetchFrom(port()), 'hello')
    await top.stopService()
  })

  it("TCPServer has taken nobody's connection when a later service fails", async () => {
    let taken = 0
    const take = (): void => {
      taken += 1
    }
    const server = new TCPServer(0, take, localhost)
    const failing = new Last(async () => {
      await assert.rejects(connectTo(server.address()?.port ?? 0), { code: 'ECONNREFUSED' })
      throw new Error('no poem')
    })
    await assert.rejects(treeOf(server, failing).startService(), /no poem/)
    assert.deepEqual([taken, server.running, server.address()], [0, false, undefined])
  })

  it('TCPServer fails to bind a port that another server of its tree has bound', async () => {
    const first = new TCPServer(0, greet, localhost)
    await first.privilegedStartService()
    const second = new TCPServer(first.address()?.port ?? 0, greet)
    await assert.rejects(async () => second.privilegedStartService(), {
      code: 'ERR_CANNOT_LISTEN',
      holder: { pid: process.pid, name: 'node' },
    })
    await first.stopService()
    await second.privilegedStartService()
    await second.stopService()
  })

  it('TCPServer makes the start fail, and all ports closed, when another process listens first', async () => {
    // On Linux a bind succeeds while nobody listens, so this is found out at the end.
    const [first, second] = [0, 0].map((port) => new TCPServer(port, greet, localhost))
    const top = treeOf(first!, second!)
    await top.privilegedStartService()
    const ports = [first, second].map((server) => server?.address()?.port ?? 0)
    const rival = await startRival(ports[1] ?? 0, '127.0.0.1')
    await assert.rejects(top.startService(), { code: 'ERR_CANNOT_LISTEN', port: ports[1] })
    await assert.rejects(connectTo(ports[0] ?? 0), { code: 'ECONNREFUSED' })
    assert.deepEqual([top.running, first?.running, second?.running], [false, false, false])
    await rival.stop()
  })

  it('TCPServer that is removed while the tree starts never listens', async () => {
    const server = new TCPServer(0, greet, localhost)
    let port = 0
    const remover = new Last(async () => {
      port = server.address()?.port ?? 0
      await server.disownServiceParent()
    })
    const top = treeOf(server, remover)
    await top.startService()
    await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' })
    await top.stopService()
  })

  it('TCPServer accepts when it is added to a running tree', async () => {
    const top = treeOf()
    await top.startService()
    const server = new TCPServer(0, greet, localhost)
    await server.setServiceParent(top)
    const port = server.address()?.port ?? 0
    assert.equal(await fetchFrom(port), 'hello')
    await server.disownServiceParent()
    await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' })
  })

  it('TCPServer is left out of a running tree when its port is taken', async () => {
    const top = treeOf()
    const first = new TCPServer(0, greet, localhost)
    first.setServiceParent(top)
    await top.startService()
    const second = new TCPServer(first.address()?.port ?? 0, greet, localhost)
    await assert.rejects(async () => second.setServiceParent(top), { code: 'ERR_CANNOT_LISTEN' })
    assert.deepEqual([second.parent, second.running], [undefined, false])
    await top.stopService()
  })
})
