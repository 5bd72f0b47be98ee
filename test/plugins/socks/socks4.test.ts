import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { bytesOf, port16, RawClient } from './raw-client.ts'
import { destination, echo, proxy } from './served.ts'

const LOCALHOST = [127, 0, 0, 1]

/** A request of SOCKS 4, as bytes. */
function request(code: number, host: readonly number[], port: number, ...after: string[]): Buffer {
  return bytesOf(4, code, port16(port), ...host, ...after.map((text) => `${text}\0`))
}

async function reply(client: RawClient): Promise<[zero: number, code: number, rest: Buffer]> {
  const [zero = -1, code = -1, ...rest] = await client.read(8)
  return [zero, code, Buffer.from(rest)]
}

async function asked(t: TestContext, port: number, bytes: Buffer): Promise<RawClient> {
  const client = await RawClient.connect(t, port)
  client.send(bytes)
  return client
}

test('SOCKS 4 connects to an address, and 4a to a name', async (t) => {
  const there = await destination(t, echo)
  const { port, started } = await proxy(t)
  for (const [bytes, line] of [
    [
      request(1, LOCALHOST, there, ''),
      /^\[SOCKS\] CONNECT to 127\.0\.0\.1:\d+ by 127\.0\.0\.1:\d+ authorized$/,
    ],
    [
      request(1, [0, 0, 0, 1], there, 'anna', 'localhost'),
      /CONNECT to localhost:\d+ by 127.* \(user anna\) authorized at 127/,
    ],
  ] as const) {
    const client = await asked(t, port, bytes)
    const [zero, code] = await reply(client)
    assert.deepEqual([zero, code], [0, 90])
    client.send('hello')
    assert.equal(String(await client.read(5)), 'hello')
    await started.line(line)
  }
})

test('what a SOCKS 4 client sends before it is answered, and byte by byte, gets there', async (t) => {
  const there = await destination(t, echo)
  const { port } = await proxy(t)
  const client = await RawClient.connect(t, port)
  for (const byte of bytesOf(request(1, [0, 0, 0, 9], there, 'anna', 'localhost'), 'early')) {
    client.send(byte)
    await new Promise(setImmediate)
  }
  assert.deepEqual((await reply(client)).slice(0, 2), [0, 90])
  assert.equal(String(await client.read(5)), 'early')
})

test('the log has one line of a request, whatever the client calls itself and the host', async (t) => {
  const there = await destination(t, echo)
  const { port, started } = await proxy(t)
  const forged = 'x) authorized\n2026 [-] forged\x1b[0m'
  await asked(t, port, request(1, LOCALHOST, there, forged))
  await started.line(/\(user x\) authorized\?2026 \[-\] forged\?\[0m\) authorized$/)
  await asked(t, port, request(1, [0, 0, 0, 1], there, '', 'no\r\nhost'))
  await started.line(/CONNECT to no\?\?host:\d+ by \S+ refused: /)
})

test('SOCKS 4 refuses with 91 and hangs up: nobody there, no such host, denied, no such command', async (t) => {
  const { port, started } = await proxy(t, '--deny', '127.0.0.9')
  const gone = await freePort()
  for (const [bytes, line] of [
    [request(1, LOCALHOST, gone, ''), /CONNECT to 127.* refused: connection refused$/],
    [
      request(1, [0, 0, 0, 1], gone, '', 'nosuch.invalid'),
      /CONNECT to nosuch\.invalid:.* refused: /,
    ],
    [
      request(1, [127, 0, 0, 9], gone, ''),
      /CONNECT to 127\.0\.0\.9:.* refused: denied by the rules$/,
    ],
    [request(2, [127, 0, 0, 9], gone, ''), /BIND to 127\.0\.0\.9:.* refused: denied by the rules$/],
    [request(3, LOCALHOST, gone, ''), /refused: command 3 is not supported$/],
  ] as const) {
    const client = await asked(t, port, bytes)
    assert.deepEqual([...(await client.rest())], [0, 91, 0, 0, 0, 0, 0, 0], String(line))
    await started.line(line)
  }
})

test('SOCKS 4 BIND takes one connection, from the host that was named, and says so twice', async (t) => {
  const { port, started } = await proxy(t)
  const client = await asked(t, port, request(2, LOCALHOST, 21, 'anna'))
  const [zero, code, rest] = await reply(client)
  assert.deepEqual([zero, code, [...rest.subarray(2)]], [0, 90, LOCALHOST])
  const there = rest.readUInt16BE()
  await started.line(/BIND to 127\.0\.0\.1:21 by .* \(user anna\) authorized$/)
  const peer = await RawClient.connect(t, there)
  const [, second, from] = await reply(client)
  assert.equal(second, 90)
  assert.equal(from.readUInt16BE(), peer.socket.localPort)
  peer.send('from outside')
  assert.equal(String(await client.read(12)), 'from outside')
  client.send('from inside')
  assert.equal(String(await peer.read(11)), 'from inside')
  await assert.rejects(RawClient.connect(t, there), { code: 'ECONNREFUSED' })
})

test('SOCKS 4 BIND hangs up on others', async (t) => {
  const { port } = await proxy(t)
  const client = await asked(t, port, request(2, [127, 0, 0, 2], 21, ''))
  const [, code, rest] = await reply(client)
  assert.equal(code, 90)
  const stranger = await RawClient.connect(t, rest.readUInt16BE(), [...rest.subarray(2)].join('.'))
  assert.equal((await stranger.rest()).length, 0)
})

test('SOCKS 4 BIND gives up after --connect-timeout', async (t) => {
  const { port, started } = await proxy(t, '--connect-timeout', '0.5')
  const client = await asked(t, port, request(2, [127, 0, 0, 2], 21, ''))
  assert.equal((await reply(client))[1], 90)
  assert.deepEqual([...(await client.rest())], [0, 91, 0, 0, 0, 0, 0, 0])
  await started.line(/BIND to 127\.0\.0\.2:21 by .* refused: nobody connected for 0\.5 seconds$/)
})
