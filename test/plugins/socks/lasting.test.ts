import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Rules, type Settings, serveClient } from '@runnerd/socks'
import { RawClient } from './raw-client.ts'

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
    while ([...timersOf(from!), ...timersOf(remote)].join() !== wanted) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await have(NONE)
  t.mock.timers.tick(59_999)
  await have(NONE)
  t.mock.timers.tick(1)
  await have(KEEP_ALIVE)
})
