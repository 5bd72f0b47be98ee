import assert from 'node:assert/strict'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { inTime } from './in-time.ts'
import { address5, bytesOf, RawClient } from './raw-client.ts'
import { proxy } from './served.ts'

/** A UDP socket that remembers what comes. */
class Datagrams {
  readonly socket: Socket
  readonly #got: [data: Buffer, from: RemoteInfo][] = []
  #changed = (): void => {}

  static async bind(t: TestContext, address = '127.0.0.1'): Promise<Datagrams> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    t.after(() => socket.close())
    return new Datagrams(socket)
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', (data, from) => {
      this.#got.push([data, from])
      this.#changed()
    })
  }

  get port(): number {
    return this.socket.address().port
  }

  send(to: number, ...bytes: (number | string | Uint8Array)[]): void {
    this.socket.send(bytesOf(...bytes), to, this.socket.address().address)
  }

  async next(): Promise<[data: Buffer, from: RemoteInfo]> {
    while (this.#got.length === 0) {
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve
      })
      await inTime(() => 'a datagram', changed)
    }
    return this.#got.shift() as [Buffer, RemoteInfo]
  }

  get count(): number {
    return this.#got.length
  }
}

/** Answers what it gets, with the same before it. */
async function echo(t: TestContext, address = '127.0.0.1'): Promise<Datagrams> {
  const there = await Datagrams.bind(t, address)
  there.socket.on('message', (data, { address: to, port }) => {
    there.socket.send(`heard ${data}`, port, to)
  })
  return there
}

async function associated(
  t: TestContext,
  port: number,
  from: readonly [host: string, port: number] = ['0.0.0.0', 0],
): Promise<{ client: RawClient; relay: number }> {
  const client = await RawClient.connect(t, port)
  await client.greet()
  const { code, host, port: relay } = await client.ask(3, ...from)
  assert.deepEqual([code, host], [0, '127.0.0.1'])
  return { client, relay }
}

test('UDP ASSOCIATE passes on datagrams to IPv4, IPv6 and names, and the answers with who they are from', async (t) => {
  const { port, started } = await proxy(t)
  const four = await echo(t)
  const six = await echo(t, '::1')
  const { client, relay } = await associated(t, port)
  const own = await Datagrams.bind(t)
  const one = '0:0:0:0:0:0:0:1'
  for (const [host, to, from] of [
    ['127.0.0.1', four.port, address5('127.0.0.1', four.port)],
    ['localhost', four.port, address5('127.0.0.1', four.port)],
    [one, six.port, address5(one, six.port)],
  ] as const) {
    own.send(relay, 0, 0, 0, address5(host, to), 'hello')
    const [data, { port: by }] = await own.next()
    assert.deepEqual(data, bytesOf(0, 0, 0, from, 'heard hello'))
    assert.equal(by, relay)
  }
  own.send(relay, 0, 0, 0, address5('127.0.0.1', four.port))
  assert.equal(String((await own.next())[0].subarray(10)), 'heard ')
  client.socket.end()
  await started.line(/UDP ASSOCIATE by 127\.0\.0\.1 ended: 4 sent, 4 received, 0 dropped$/)
})

test('an association ends at once with who has nothing more to say', async (t) => {
  const { port, started } = await proxy(t)
  const client = await RawClient.connect(t, port)
  client.socket.end(bytesOf(5, 1, 0, 5, 3, 0, address5('0.0.0.0', 0)))
  await client.rest()
  await started.line(/UDP ASSOCIATE by .* ended/)
})

test('an association ends with its connection', async (t) => {
  const { port, started } = await proxy(t)
  const there = await echo(t)
  const { client, relay } = await associated(t, port)
  const own = await Datagrams.bind(t)
  own.send(relay, 0, 0, 0, address5('127.0.0.1', there.port), 'x')
  await own.next()
  client.socket.destroy()
  await started.line(/UDP ASSOCIATE by .* ended/)
  // The port is free again.
  const again = createSocket('udp4').bind(relay, '127.0.0.1')
  await once(again, 'listening')
  again.close()
})

test('fragments, garbage, what is denied and what others send is dropped', async (t) => {
  const { port, started } = await proxy(t, '--deny', '127.0.0.9')
  const there = await echo(t)
  const { client, relay } = await associated(t, port)
  const own = await Datagrams.bind(t)
  const stranger = await Datagrams.bind(t)
  const to = address5('127.0.0.1', there.port)
  own.send(relay, 0, 0, 0, to, 'first')
  await own.next()
  const wrong: (number | string | Uint8Array)[][] = [
    [0, 0, 1, to, 'a fragment'],
    [0, 0, 0x81, to, 'the last fragment'],
    [1, 0, 0, to, 'something reserved'],
    [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 'no such type'],
    [0, 0, 0, 3, 0, 0, 80, 'no name'],
    [0, 0, 0, 3, 200, 'too short'],
    [0, 0, 0, 4, 0],
    [0, 0, 0],
    [],
    [0, 0, 0, address5('127.0.0.1', 0), 'no port'],
    [0, 0, 0, address5('127.0.0.9', there.port), 'denied'],
    [0, 0, 0, address5('0:0:0:0:0:ffff:7f00:9', there.port), 'denied'],
    [0, 0, 0, address5('nosuch.invalid', there.port), 'nowhere'],
  ]
  for (const bytes of wrong) own.send(relay, ...bytes)
  // From another port than the first, and from outside where nothing was sent to.
  stranger.send(relay, 0, 0, 0, to, 'a stranger')
  own.send(relay, 0, 0, 0, to, 'last')
  assert.equal(String((await own.next())[0].subarray(10)), 'heard last')
  assert.deepEqual([own.count, stranger.count], [0, 0])
  const heard = [await there.next(), await there.next()].map(([data]) => String(data))
  assert.deepEqual([...heard, there.count], ['first', 'last', 0])
  client.socket.end()
  await started.line(/ended: 2 sent, 2 received, (?:1[34]) dropped$/)
})

test('the port that a client says it sends from is the only one it may', async (t) => {
  const { port } = await proxy(t)
  const there = await echo(t)
  const own = await Datagrams.bind(t)
  const stranger = await Datagrams.bind(t)
  const { relay } = await associated(t, port, ['127.0.0.1', own.port])
  const to = address5('127.0.0.1', there.port)
  stranger.send(relay, 0, 0, 0, to, 'stranger')
  own.send(relay, 0, 0, 0, to, 'own')
  assert.equal(String((await own.next())[0].subarray(10)), 'heard own')
  assert.equal(stranger.count, 0)
})

test('an answer comes from whom the client has sent to, and from nobody else', async (t) => {
  const { port, started } = await proxy(t)
  const there = await Datagrams.bind(t)
  const other = await Datagrams.bind(t, '127.0.0.2')
  const { client, relay } = await associated(t, port)
  const own = await Datagrams.bind(t)
  own.send(relay, 0, 0, 0, address5('127.0.0.1', there.port), 'x')
  const [, { port: outside }] = await there.next()
  other.socket.send('unasked', outside, '127.0.0.1')
  there.socket.send('asked', outside, '127.0.0.1')
  assert.equal(String((await own.next())[0].subarray(10)), 'asked')
  client.socket.end()
  await started.line(/ended: 1 sent, 1 received, 1 dropped$/)
})

test('no more datagrams a second than --udp-rate are passed on', async (t) => {
  const { port, started } = await proxy(t, '--udp-rate', '3')
  const there = await echo(t)
  const { client, relay } = await associated(t, port)
  const own = await Datagrams.bind(t)
  const to = address5('127.0.0.1', there.port)
  for (let n = 0; n < 3; n += 1) {
    own.send(relay, 0, 0, 0, to, `${n}`)
    await own.next()
  }
  for (let n = 0; n < 50; n += 1) own.send(relay, 0, 0, 0, to, 'too many')
  client.socket.end()
  const line = await started.line(/ended/)
  const [, sent = 0] = /: (\d+) sent/.exec(line) ?? []
  assert.ok(Number(sent) < 10, line)
})
