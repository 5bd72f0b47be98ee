import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Rules, type Settings, serveClient } from '@runnerd/socks'
import type * as Relay from '../../../plugins/socks/dist/relay.d.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { comesTrue, inTime } from './in-time.ts'
import { RawClient } from './raw-client.ts'

const { relay }: typeof Relay = await import(
  pathToFileURL(join(ourPlugins, 'socks', 'dist', 'relay.js')).href
)

const SOCKETS = '/proc/net/tcp'

// The timers that a socket may have there, see proc_net_tcp.txt of Linux.
const NONE = '00'
const KEEP_ALIVE = '02'

/** The timers of the connections that have a port at this end. */
function timersOf(port: number): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync(SOCKETS, 'utf8').split('\n').slice(1)
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(end) && state === '01')
    .map(([, , , , , timer = '']) => timer.slice(0, 2))
}

test('the system asks whether the ends of a connection are there, once it has lasted', {
  skip: existsSync(SOCKETS) ? false : `there is no ${SOCKETS}`,
}, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const settings: Settings = {
    rules: new Rules([], [], true),
    logIn: undefined,
    counts: { add() {}, *metrics() {} } as unknown as Settings['counts'],
    handshakeTimeout: 10,
    connectTimeout: 10,
    udp: false,
    udpRate: 0,
  }
  const ends: Socket[] = []
  const far = createServer((socket) => void ends.push(socket)).listen(0, '127.0.0.1')
  const proxy = createServer((socket) => void serveClient(socket, settings)).listen(0, '127.0.0.1')
  t.after(() => {
    for (const socket of ends) socket.destroy()
    far.close()
    proxy.close()
  })
  await Promise.all([once(far, 'listening'), once(proxy, 'listening')])
  const [from, to] = [proxy, far].map((server) => (server.address() as AddressInfo).port)
  const client = await RawClient.connect(t, from!)
  await client.greet()
  client.send(5, 1, 0, 1, 127, 0, 0, 1, to! >> 8, to! & 255)
  const answer = await client.read(10)
  assert.equal(answer[1], 0)
  const remote = answer.readUInt16BE(8)

  // One timer is for all that the system waits for: at first what was sent is to be acknowledged.
  const have = async (timer: string): Promise<void> => {
    const wanted = `${timer},${timer}`
    const timers = (): string => [...timersOf(from!), ...timersOf(remote)].join()
    await comesTrue(
      () => `the timers ${wanted} in place of ${timers()}`,
      () => timers() === wanted,
    )
  }
  await have(NONE)
  t.mock.timers.tick(59_999)
  await have(NONE)
  t.mock.timers.tick(1)
  await have(KEEP_ALIVE)
})

/** Both ends of a connection. */
async function pair(t: TestContext): Promise<[ours: Socket, theirs: Socket]> {
  const server = createServer({ allowHalfOpen: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const theirs = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const [ours] = (await accepted) as [Socket]
  server.close()
  for (const socket of [ours, theirs]) {
    socket.on('error', () => {})
    t.after(() => socket.destroy())
  }
  return [ours, theirs]
}

test('a client has what is left when the other side is gone, however slowly it takes it, and is given up when it takes nothing for 30 seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  for (const isSlow of [true, false]) {
    const [client, taking] = await pair(t)
    const [remote, sending] = await pair(t)
    let isIdle = false
    client.setTimeout(7_440_000, () => {
      isIdle = true
    })
    let takes = (): void => {}
    const write = client._write.bind(client)
    client._write = (data, encoding, done) => {
      takes = () => write(data, encoding, done)
    }
    relay(client, remote, Buffer.alloc(0))
    taking.end()
    sending.end('what is left')
    await inTime(() => 'the end of the other side', once(remote, 'close'))
    assert.equal(client.timeout, 30_000)
    t.mock.timers.tick(3_600_000)
    assert.equal(client.destroyed, false)
    if (isSlow) {
      takes()
      assert.equal(String(await new RawClient(taking).rest()), 'what is left')
    } else {
      client.emit('timeout')
      assert.equal(client.destroyed, true)
    }
    assert.equal(isIdle, false)
  }
})
