import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTLS } from 'node:tls'
import { type ConnectionListener, TCPServer, TLSServer } from '@runnerd/internet'
import { certificate } from '../helpers/certificate.ts'

const SENT = 100_000

/** Sends a lot when it has got something, and waits. */
const answer: ConnectionListener = (socket) => {
  socket.on('data', () => socket.write(Buffer.alloc(SENT)))
}

test('a port counts the bytes of connections that are open, and of those that were', async (t) => {
  const service = new TCPServer(0, answer, { interface: 'localhost' })
  t.after(() => service.stopService())
  await service.startService()
  const counts = () => service.describe().listeners?.[0]?.connections
  assert.deepEqual(counts(), { open: 0, total: 0, bytesIn: 0, bytesOut: 0 })
  const port = (service.address() as { port: number }).port
  for (const round of [1, 2]) {
    const socket = connect(port, '127.0.0.1')
    socket.write('seven!!')
    let got = 0
    for await (const chunk of socket) {
      got += chunk.length
      if (got === SENT) break
    }
    const expected = { total: round, bytesIn: 7 * round, bytesOut: SENT * round }
    socket.destroy()
    while (counts()?.open) await new Promise(setImmediate)
    assert.deepEqual(counts(), { open: 0, ...expected })
  }
  const held = connect(port, '127.0.0.1')
  held.write('abc')
  await once(held, 'data')
  assert.equal(counts()?.open, 1)
  assert.equal(counts()?.bytesIn, 17)
  held.destroy()
})

test('with TLS they are those that were on the way, more than what was said', async (t) => {
  const tls = certificate()
  if (tls === undefined) return t.skip('there is no openssl')
  const service = new TLSServer(0, answer, { tls, interface: 'localhost' })
  t.after(() => service.stopService())
  await service.startService()
  const port = (service.address() as { port: number }).port
  const socket = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.write('seven!!')
  let got = 0
  socket.on('data', (chunk: Buffer) => {
    got += chunk.length
  })
  while (got < SENT) await once(socket, 'data')
  const connections = service.describe().listeners?.[0]?.connections
  assert.ok((connections?.bytesIn ?? 0) > 7)
  assert.ok((connections?.bytesOut ?? 0) > SENT && (connections?.bytesOut ?? 0) < 2 * SENT)
  socket.destroy()
})

test('whatever the order in which connections end, it is known which are open', async () => {
  const service = new TCPServer(0, (socket) => void socket.resume(), { interface: 'localhost' })
  await service.startService()
  const counts = () => service.describe().listeners?.[0]?.connections
  const port = (service.address() as { port: number }).port
  const clients = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => {
      const client = connect(port, '127.0.0.1').resume()
      await once(client, 'connect')
      client.write('x'.repeat(10 ** n))
      return client
    }),
  )
  let sent = 111_111
  while (counts()?.bytesIn !== sent) await new Promise(setImmediate)
  for (const [open, n] of [2, 5, 0].entries()) {
    clients[n]?.destroy()
    while (counts()?.open !== 5 - open) await new Promise(setImmediate)
    assert.equal(counts()?.bytesIn, sent)
  }
  // Those that are left are those that speak, and those that a stop ends.
  for (const n of [1, 3, 4]) clients[n]?.write('y')
  sent += 3
  while (counts()?.bytesIn !== sent) await new Promise(setImmediate)
  const ends = [1, 3, 4].map((n) => once(clients[n]!, 'end'))
  await service.stopService()
  await Promise.all(ends)
  assert.equal(counts()?.open, undefined)
})
