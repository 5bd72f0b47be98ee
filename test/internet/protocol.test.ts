import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { type Address, Protocol, ServerFactory, TCPServer } from '@runnerd/internet'
import { log } from '@runnerd/logging'
import { closed, connectTo, fetchFrom, readAll } from './client.ts'
import { logLines } from './log-lines.ts'

let server: TCPServer | undefined

async function serve(factory: ServerFactory): Promise<number> {
  server = new TCPServer(0, factory, { interface: 'localhost', closeTimeout: 0 })
  await server.startService()
  return server.address()?.port ?? 0
}

/** Events of the protocols of one factory, and a way to wait for the next one. */
class Recorder extends ServerFactory {
  override protocol: new () => Protocol = Recorded
  readonly events: string[] = []
  #waiting: (() => void) | undefined

  add(event: string): void {
    this.events.push(event)
    this.#waiting?.()
  }

  async wait(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }
}

class Recorded extends Protocol<Recorder> {
  override connectionMade(): void {
    this.factory.add('made')
  }

  override dataReceived(data: Buffer): void {
    this.factory.add(`data ${data}`)
  }

  override connectionLost(reason?: Error): void {
    this.factory.add(`lost ${(reason as NodeJS.ErrnoException | undefined)?.code ?? 'clean'}`)
  }
}

describe('Protocol', () => {
  afterEach(async () => {
    await server?.stopService()
    server = undefined
  })

  it('Protocol is told of the connection, the data and the end', async () => {
    const factory = new Recorder()
    const client = await connectTo(await serve(factory))
    await factory.wait(1)
    client.write('one')
    await factory.wait(2)
    client.end()
    await factory.wait(3)
    assert.deepEqual(factory.events, ['made', 'data one', 'lost clean'])
  })

  it('Protocol is told why the connection was lost', async () => {
    const factory = new Recorder()
    const client = await connectTo(await serve(factory))
    await factory.wait(1)
    client.resetAndDestroy()
    await factory.wait(2)
    assert.deepEqual(factory.events, ['made', 'lost ECONNRESET'])
  })

  it('Protocol is told of the end before the stop of the server is done', async () => {
    const factory = new Recorder()
    const client = await connectTo(await serve(factory))
    await factory.wait(1)
    await server?.stopService()
    assert.deepEqual(factory.events, ['made', 'lost clean'])
    client.destroy()
  })

  it('Protocol.transport.loseConnection sends all that was written first, byte for byte', async () => {
    // More than the system buffers, so that most is sent when the client reads.
    const poem = Buffer.alloc(20_000_000, Buffer.from(Array.from({ length: 251 }, (_, n) => n)))
    class Sends extends Protocol {
      override connectionMade(): void {
        this.transport.write(poem.subarray(0, 10))
        this.transport.writeSequence([poem.subarray(10, 500), poem.subarray(500)])
        this.transport.loseConnection()
        this.transport.write('dropped')
      }
    }
    const factory = new ServerFactory()
    factory.protocol = Sends
    const received = await readAll(await connectTo(await serve(factory)))
    assert.ok(received.equals(poem))
  })

  it('Protocol.transport.loseConnection loses nothing to a client that talks all the time', async () => {
    // The system takes as much at once, and has not sent it yet.
    const poem = Buffer.alloc(3_000_000, 'x')
    class Sends extends Protocol {
      override connectionMade(): void {
        this.transport.write(poem)
        this.transport.loseConnection()
      }
    }
    const factory = new ServerFactory()
    factory.protocol = Sends
    const port = await serve(factory)
    const fetch = async (_: unknown, nth: number): Promise<number> => {
      const client = await connectTo(port)
      client.write(Buffer.alloc(nth % 2 === 0 ? 1 : 1_000_000, 'y'))
      let received = 0
      client.on('data', (data) => {
        received += data.length
      })
      await closed(client)
      return received
    }
    const received = await Promise.all(Array.from({ length: 20 }, fetch))
    assert.deepEqual(received, Array(20).fill(poem.length))
  })

  it('Protocol hears nothing any more after loseConnection, but of the end', async () => {
    const factory = new Recorder()
    class Ends extends Recorded {
      override dataReceived(data: Buffer): void {
        super.dataReceived(data)
        const { transport } = this
        assert.equal(transport.disconnecting, false)
        transport.write('bye')
        transport.loseConnection()
        assert.equal(transport.disconnecting, true)
      }
    }
    factory.protocol = Ends
    const client = await connectTo(await serve(factory))
    client.write('one')
    await factory.wait(2)
    client.write('two')
    assert.equal(String(await readAll(client)), 'bye')
    await factory.wait(3)
    assert.deepEqual(factory.events, ['made', 'data one', 'lost clean'])
  })

  it('Protocol.transport.loseConnection waits a moment, and no longer, for a client that stays', async () => {
    const factory = new Recorder()
    class Ends extends Recorded {
      override dataReceived(): void {
        this.transport.loseConnection()
      }
    }
    factory.protocol = Ends
    const port = await serve(factory)
    const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.write('one')
    client.resume()
    await once(client, 'end')
    await factory.wait(2)
    assert.deepEqual(factory.events, ['made', 'lost clean'])
    client.destroy()
  })

  it('Protocol.transport.writeSequence sends the pieces in order, and at once', async () => {
    class Sends extends Protocol {
      override connectionMade(): void {
        this.transport.writeSequence(['no man ', Buffer.from('is '), 'an island'])
      }
    }
    const factory = new ServerFactory()
    factory.protocol = Sends
    const client = await connectTo(await serve(factory))
    let text = ''
    for await (const data of client) {
      text += data
      if (text.length === 19) break
    }
    assert.equal(text, 'no man is an island')
  })

  it('Protocol.transport.abortConnection drops what was not sent', async () => {
    class Aborts extends Protocol {
      override connectionMade(): void {
        this.transport.write(Buffer.alloc(50_000_000))
        this.transport.abortConnection()
      }
    }
    const factory = new ServerFactory()
    factory.protocol = Aborts
    const client = await connectTo(await serve(factory))
    let received = 0
    client.on('data', (data) => {
      received += data.length
    })
    await closed(client)
    assert.ok(received < 50_000_000)
  })

  it('Protocol logs under the name of its factory, and knows both ends as Twisted writes them', async () => {
    const { lines, end } = logLines()
    const addresses: Address[] = []
    class PoetryProtocol extends Protocol<PoetryFactory> {
      override connectionMade(): void {
        const { transport } = this
        addresses.push(transport.getPeer(), transport.getHost())
        log.msg(`sending ${this.factory.poem.length} bytes of poetry to ${transport.getPeer()}`)
        transport.write(this.factory.poem)
        transport.loseConnection()
      }

      override connectionLost(): void {
        log.msg(`lost ${this.transport.getPeer()}`)
      }
    }
    class PoetryFactory extends ServerFactory {
      override protocol: typeof PoetryProtocol = PoetryProtocol
      poem: string = 'No man is an island'
    }
    const port = await serve(new PoetryFactory())
    const client = await connectTo(port)
    const peer = `IPv4Address(TCP, '127.0.0.1', ${client.localPort})`
    assert.equal(String(await readAll(client)), 'No man is an island')
    await server?.stopService()
    end()
    assert.ok(lines.includes(`[PoetryFactory] sending 19 bytes of poetry to ${peer}`))
    assert.ok(lines.includes(`[PoetryFactory] lost ${peer}`))
    assert.deepEqual(addresses.map(String), [peer, `IPv4Address(TCP, '127.0.0.1', ${port})`])
  })

  for (const event of ['connectionMade', 'dataReceived', 'connectionLost'] as const) {
    for (const kind of ['throws', 'rejects']) {
      it(`Protocol whose ${event} ${kind} is logged and aborted, and the server lives`, async () => {
        const { lines, end } = logLines()
        const factory = new Recorder()
        class Bad extends Recorded {}
        Object.defineProperty(Bad.prototype, event, {
          value(this: Bad) {
            this.factory.add('bad')
            const error = new Error(`bad ${event}`)
            if (kind === 'throws') throw error
            return Promise.reject(error)
          },
        })
        factory.protocol = Bad
        const port = await serve(factory)
        const client = await connectTo(port)
        client.write('x')
        if (event === 'connectionLost') client.end()
        await closed(client)
        await factory.wait(event === 'connectionMade' ? 2 : 3)
        factory.protocol = Recorded
        const before = factory.events.length
        const next = await connectTo(port)
        await factory.wait(before + 1)
        next.destroy()
        await server?.stopService()
        end()
        const logged = lines.filter((line) => line.includes(`Error: bad ${event}`))
        assert.equal(logged.length, 1)
        assert.match(logged[0] ?? '', /^\[Recorder\] /)
      })
    }
  }
})

describe('ServerFactory', () => {
  afterEach(async () => {
    await server?.stopService()
    server = undefined
  })

  it('ServerFactory.buildProtocol may refuse a connection', async () => {
    class Refuses extends ServerFactory {
      override buildProtocol(address: Address): undefined {
        assert.equal(address.host, '127.0.0.1')
      }
    }
    assert.equal(await fetchFrom(await serve(new Refuses())), '')
  })

  it('ServerFactory without a protocol is logged, and the server lives', async () => {
    const { lines, end } = logLines()
    const port = await serve(new ServerFactory())
    await closed(await connectTo(port))
    await closed(await connectTo(port))
    end()
    const logged = lines.filter((line) => line.includes('ServerFactory has no protocol'))
    assert.equal(logged.length, 2)
  })

  it('ServerFactory is started with its first port and stopped with its last', async () => {
    const calls: string[] = []
    class Counts extends ServerFactory {
      override startFactory(): void {
        calls.push('start')
      }

      override stopFactory(): void {
        calls.push('stop')
      }
    }
    const factory = new Counts()
    const servers = [0, 0].map((port) => new TCPServer(port, factory, { interface: 'localhost' }))
    for (const each of servers) await each.startService()
    assert.deepEqual(calls, ['start'])
    for (const each of servers) await each.stopService()
    assert.deepEqual(calls, ['start', 'stop'])
  })

  it('ServerFactory whose startFactory throws makes the start fail, and the port free', async () => {
    class Fails extends ServerFactory {
      override startFactory(): void {
        throw new Error('not ready')
      }
    }
    const failing = new TCPServer(0, new Fails(), { interface: 'localhost' })
    await assert.rejects(async () => failing.startService(), /not ready/)
    assert.deepEqual([failing.running, failing.address()], [false, undefined])
  })
})
