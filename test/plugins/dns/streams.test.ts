import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { decode, framed, messagesIn, query, sendStream, server, zoneFile } from './ask.ts'

test('dns answers many queries of a connection, however they are cut', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const ids = Array.from({ length: 300 }, (_, n) => n + 1)
  const all = Buffer.concat(ids.map((id) => framed(query('web.example.org', 'A', { id }))))
  const idsOf = (answers: Buffer[]): number[] => answers.map((each) => each.readUInt16BE())
  assert.deepEqual(idsOf(await sendStream(port, all)), ids)
  const first = framed(query('web.example.org', 'A', { id: 7 }))
  const bytes = [...first].map((byte) => Uint8Array.of(byte))
  assert.deepEqual(idsOf(await sendStream(port, ...bytes)), [7])
})

test('dns keeps a connection open for the next query, and closes a silent one after --timeout', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  for (const id of [1, 2, 3]) {
    socket.write(framed(query('web.example.org', 'A', { id })))
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    assert.equal(decode(messagesIn(bytes)[0] as Buffer).id, id)
  }
  // A machine may stand still for longer than this: that is for one that has nothing to ask.
  const hasty = await server(t, '--zone', zoneFile(t), '--timeout', '1')
  await once(connect(hasty.port, '127.0.0.1').resume(), 'close')
})

test('dns hangs up on a client that never ends its query, whatever it sends meanwhile', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t), '--timeout', '1')
  const socket = connect(port, '127.0.0.1')
  // What it sends meanwhile has it reset, or not: `once` would fail of the first.
  socket.on('error', () => {})
  socket.write(Buffer.from([0xff, 0xff]))
  const timer = setInterval(() => socket.write(Buffer.from([0])), 100)
  t.after(() => clearInterval(timer))
  await new Promise((resolve) => socket.on('close', resolve))
})

test('dns reads no more of a client that does not read its answers, and serves the others', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const slow = connect(port, '127.0.0.1')
  slow.on('error', () => {})
  t.after(() => slow.destroy())
  const many = Buffer.concat(
    Array.from({ length: 2000 }, () => framed(query('many.example.org', 'A'))),
  )
  let written = 0
  // It takes them until its own answers are in the way.
  while (written < 200 && slow.write(many)) written += 1
  await sendStream(port, framed(query('web.example.org', 'A')))
  while (slow.writableLength === 0 && written < 200) {
    slow.write(many)
    written += 1
    await new Promise(setImmediate)
  }
  assert.ok(slow.writableLength > 0)
  assert.equal((await sendStream(port, framed(query('web.example.org', 'A')))).length, 1)
})
