import assert from 'node:assert/strict'
import dgram, { type Socket } from 'node:dgram'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { type Address, type DatagramListener, DatagramProtocol, UDPServer } from '@runnerd/internet'
import { MultiService, Service } from '@runnerd/service'
import { logLines } from './log-lines.ts'

const localhost = { interface: 'localhost' }

/** Answers with what it got and writes down its life. */
class Echo extends DatagramProtocol {
  readonly trace: string[] = []

  override startProtocol(): void {
    this.trace.push('start')
  }

  override stopProtocol(): void {
    this.trace.push('stop')
  }

  override async datagramReceived(data: Buffer, address: Address): Promise<void> {
    this.trace.push(String(data))
    this.transport.write(data, address)
    if (String(data) === 'throw') throw new Error('thrown by an event')
  }
}

function made(t: TestContext, server: UDPServer): UDPServer {
  t.after(() => server.stopService())
  return server
}

/** A client that has sent these, each a datagram. */
function client(t: TestContext, server: UDPServer, ...texts: string[]): Socket {
  const { host, port } = server.address() as Address
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4')
  t.after(() => socket.close())
  for (const text of texts) socket.send(text, port, host)
  return socket
}

async function answer(socket: Socket): Promise<string> {
  const [data] = await once(socket, 'message')
  return String(data)
}

describe('UDPServer', () => {
  it('UDPServer brings datagrams to a protocol, and its answers back', async (t) => {
    const echo = new Echo()
    const server = made(t, new UDPServer(0, echo, localhost))
    await server.startService()
    assert.equal(await answer(client(t, server, 'hello')), 'hello')
    assert.equal(String(echo.transport.getHost()), String(server.address()))
    assert.match(String(server.address()), /^IPv4Address\(UDP, '127\.0\.0\.1', \d+\)$/)
    await server.stopService()
    assert.equal(server.address(), undefined)
    assert.deepEqual(echo.trace, ['start', 'hello', 'stop'])
    assert.doesNotThrow(() => echo.transport.write('late', { host: '127.0.0.1', port: 9 }))
  })

  it('UDPServer serves with a plain function, on IPv6 too', async (t) => {
    const server = new UDPServer(
      0,
      (data, from, socket) => socket.send(`${from.family} ${data}`, from.port, from.address),
      { interface: '::1' },
    )
    await made(t, server).startService()
    assert.equal(await answer(client(t, server, 'hello')), 'IPv6 hello')
  })

  it('UDPServer drops what a plain function sends when it is stopped', async (t) => {
    let reply: (done?: (error: NodeJS.ErrnoException | null) => void) => void = () => assert.fail()
    const listener: DatagramListener = (data, from, socket) => {
      reply = (done) => socket.send(data, from.port, from.address, done)
      reply()
    }
    const server = made(t, new UDPServer(0, listener, localhost))
    await server.startService()
    assert.equal(await answer(client(t, server, 'hello')), 'hello')
    await server.stopService()
    assert.doesNotThrow(() => reply())
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => reply(resolve))
    assert.equal(error?.code, 'ERR_SOCKET_DGRAM_NOT_RUNNING')
  })

  it('UDPServer keeps what arrives before the whole tree has started', async (t) => {
    const echo = new Echo()
    const server = made(t, new UDPServer(0, echo, localhost))
    const top = new MultiService()
    server.setServiceParent(top)
    const last = new Service()
    last.startService = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.deepEqual(echo.trace, [])
    }
    last.setServiceParent(top)
    await top.privilegedStartService()
    const socket = client(t, server, 'early')
    const answered = answer(socket)
    await top.startService()
    assert.equal(await answered, 'early')
    assert.deepEqual(echo.trace, ['start', 'early'])
  })

  it('UDPServer keeps what arrives while startProtocol takes its time', async (t) => {
    class Slow extends Echo {
      override async startProtocol(): Promise<void> {
        client(t, server, 'early')
        await new Promise((resolve) => setTimeout(resolve, 20))
        super.startProtocol()
      }
    }
    const slow = new Slow()
    const server = made(t, new UDPServer(0, slow, localhost))
    await server.startService()
    while (slow.trace.length < 2) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(slow.trace, ['start', 'early'])
  })

  it('UDPServer.stopService sends what was written just before', async (t) => {
    const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    t.after(() => receiver.close())
    await once(receiver, 'listening')
    const echo = new Echo()
    const server = new UDPServer(0, echo, localhost)
    await server.startService()
    const bye = answer(receiver)
    echo.transport.write('bye', { host: '127.0.0.1', port: receiver.address().port })
    await server.stopService()
    assert.equal(await bye, 'bye')
  })

  it('UDPServer lets startProtocol send, from its own port', async (t) => {
    const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    t.after(() => receiver.close())
    await once(receiver, 'listening')
    const to = { host: '127.0.0.1', port: receiver.address().port }
    class Greets extends DatagramProtocol {
      override startProtocol(): void {
        this.transport.write('here I am', to)
      }
    }
    const server = made(t, new UDPServer(0, new Greets(), localhost))
    const greeted = once(receiver, 'message')
    await server.startService()
    const [data, from] = await greeted
    assert.deepEqual([String(data), from.port], ['here I am', server.address()?.port])
  })

  it('UDPServer logs an event that fails, and goes on', async (t) => {
    const { lines, end } = logLines()
    t.after(end)
    const server = made(t, new UDPServer(0, new Echo(), localhost))
    await server.startService()
    assert.equal(await answer(client(t, server, 'throw')), 'throw')
    assert.equal(await answer(client(t, server, 'hello')), 'hello')
    assert.ok(
      lines.some((line) => /^\[Echo\] Unhandled Error\nError: thrown by an event/.test(line)),
    )
  })

  it('UDPServer logs its start and end in the words of Twisted', async (t) => {
    const { lines, end } = logLines()
    t.after(end)
    const server = made(t, new UDPServer(0, new Echo(), localhost))
    await server.startService()
    const port = server.address()?.port
    await server.stopService()
    assert.deepEqual(lines, [
      `[-] Echo starting on ${port}`,
      '[-] Starting protocol <Echo>',
      `[-] (UDP Port ${port} Closed)`,
      '[-] Stopping protocol <Echo>',
    ])
  })

  it('UDPServer fails with ERR_CANNOT_LISTEN on a port that is taken', async (t) => {
    const first = made(t, new UDPServer(0, new Echo(), localhost))
    await first.privilegedStartService()
    const port = first.address()?.port as number
    await assert.rejects(
      new UDPServer(port, new Echo(), localhost).startService() as Promise<void>,
      {
        code: 'ERR_CANNOT_LISTEN',
        message: `cannot listen on 127.0.0.1:${port}: address already in use`,
      },
    )
  })

  it('UDPServer gives the port back when startProtocol fails, and does not stop the protocol', async (t) => {
    class Refuses extends Echo {
      override startProtocol(): void {
        throw new Error('not today')
      }
    }
    const refuses = new Refuses()
    const server = new UDPServer(0, refuses, localhost)
    await server.privilegedStartService()
    const port = server.address()?.port as number
    await assert.rejects(server.startService() as Promise<void>, { message: 'not today' })
    assert.deepEqual(refuses.trace, [])
    await made(t, new UDPServer(port, new Echo(), localhost)).startService()
  })

  it('UDPServer goes on when it is started again', async (t) => {
    const echo = new Echo()
    const server = made(t, new UDPServer(0, echo, localhost))
    await server.startService()
    await Promise.all([server.startService(), server.startService()])
    assert.equal(await answer(client(t, server, 'one')), 'one')
    assert.deepEqual(echo.trace, ['start', 'one'])
  })

  it('UDPServer.drain receives no more, and what was received is answered', async (t) => {
    let finish = (): void => {}
    const got: string[] = []
    class Slow extends DatagramProtocol {
      override async datagramReceived(data: Buffer, address: Address): Promise<void> {
        got.push(String(data))
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        this.transport.write('done', address)
      }
    }
    const server = made(t, new UDPServer(0, new Slow(), localhost))
    await server.startService()
    const socket = client(t, server, 'one')
    while (got.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await server.drain()
    client(t, server, 'two')
    await new Promise((resolve) => setTimeout(resolve, 20))
    const answered = answer(socket)
    finish()
    assert.equal(await answered, 'done')
    assert.deepEqual(got, ['one'])
  })

  it('UDPServer refuses what is no port and nothing to serve with', () => {
    assert.throws(() => new UDPServer(-1, new Echo()), RangeError)
    assert.throws(() => new UDPServer(undefined as never, new Echo()), TypeError)
    assert.throws(() => new UDPServer(0, {} as never), TypeError)
    assert.throws(() => new UDPServer(0, Echo as never), /Pass a new Echo/)
  })
})
