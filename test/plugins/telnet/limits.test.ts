import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { freePort } from '../../helpers/free-port.ts'
import { isAlive } from '../../helpers/runner.ts'
import { crowd } from '../crowd.ts'
import { debugged } from './served.ts'
import { A_TERMINAL, TelnetClient } from './telnet-client.ts'
import { corpus } from './telnet-corpus.ts'

const anyByte = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(255, 250, 240, 251, 253, 244, 13, 10, 24, 31, 0, 3, 4),
)
const piece = fc.oneof(
  fc.constantFrom(...corpus.map(({ bytes }) => [...bytes])),
  fc.constantFrom([...Buffer.from('anna\r\ntiger\r\n')]),
  fc.constantFrom([...Buffer.from('SSH-2.0-x\r\n')], [0, 0, 0, 12, 10, 20, 255]),
  fc.array(anyByte, { maxLength: 60 }),
)

test('no garbage ends the daemon, or leaves a connection open, by telnet or SSH', async (t) => {
  const ssh = await freePort()
  // Each failed login is answered late, and the later the more there were.
  const at = ['--ssh', `tcp:${ssh}:interface=localhost`, '--login-tries', '1']
  const { port, pid, log } = await debugged(t, ...at)
  const all = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.flat())
  const send = async (to: number, bytes: readonly number[]): Promise<void> => {
    const socket = connect(to, '127.0.0.1').on('error', () => {})
    socket.end(Buffer.from(bytes)).resume()
    await once(socket, 'close')
  }
  await fc.assert(
    fc.asyncProperty(fc.array(all, { minLength: 100, maxLength: 100 }), async (some) => {
      await Promise.all(
        some.flatMap((bytes) => [
          send(port, bytes),
          send(ssh, bytes),
          send(ssh, [...Buffer.from('SSH-2.0-x\r\n'), ...bytes]),
        ]),
      )
    }),
    { numRuns: 1 },
  )
  assert.ok(isAlive(pid))
  const client = await TelnetClient.logIn(t, port)
  client.send('services.telnet.describe().listeners[0].connections.open\n')
  await client.shows('1\r\n')
  assert.doesNotMatch(log(), /Unhandled|Traceback|Error:/)
})

test('a thousand clients at once are asked who they are, and one more gets in', async (t) => {
  const { port } = await debugged(t, '--max-connections', '2000')
  const sockets = await crowd(t, port, 1000)
  await Promise.all(
    sockets.map(async (socket) => {
      let shown = ''
      for await (const chunk of socket.setEncoding('latin1')) {
        shown += chunk
        if (shown.endsWith('Username: ')) return
      }
      throw new Error(`hung up on: ${shown}`)
    }),
  )
  const client = await TelnetClient.logIn(t, port)
  client.send('1 + 1\n')
  await client.shows('2\r\n')
})

test('more than --max-connections are closed', async (t) => {
  const { port, line } = await debugged(t, '--max-connections', '2')
  for (const _ of [1, 2]) await TelnetClient.logIn(t, port)
  const third = await TelnetClient.connect(t, port)
  assert.equal(await third.rest(), '')
  await line(/Closed a new connection: there are 2 already/)
})

test('a silent session is closed after --timeout', async (t) => {
  const { port, line } = await debugged(t, '--timeout', '0.5')
  const client = await TelnetClient.logIn(t, port)
  await client.rest()
  await line(/Closed .* after 0\.5 seconds without a byte/)
})

test('who does not read is cut, before a login and in a session, and nobody else is', async (t) => {
  const { port, line, log, pid } = await debugged(t)
  const flood = connect(port, '127.0.0.1').on('error', () => {})
  t.after(() => flood.destroy())
  flood.pause()
  const options = Buffer.alloc(3 * 100_000, Buffer.of(255, 253, 99))
  const send = (): void => {
    while (!flood.destroyed && flood.write(options));
  }
  flood.on('connect', send).on('drain', send)
  await line(/\[Telnet\] 127\.0\.0\.1:\d+ is cut: it doesn't read$/m)
  flood.destroy()

  const other = await TelnetClient.logIn(t, port)
  const client = await TelnetClient.logIn(t, port, 'terminal')
  client.socket.pause()
  client.send('setInterval(() => console.log("x".repeat(1e6)), 5).unref()\r\n')
  await line(/anna from \S+ logged out/)
  await line(/is cut: it doesn't read\n[\s\S]*is cut: it doesn't read$/m)
  await line(/which is over \(the last that is told\): x{2000}$/m)
  assert.ok(log().length < 300_000, 'what comes after the session fills no disk')
  other.send('process.memoryUsage().rss < 500e6\n')
  await other.shows('true\r\n')
  assert.ok(isAlive(pid))
})

test('a client that sends its login a byte at a time gets in', async (t) => {
  const { port } = await debugged(t)
  const client = await TelnetClient.connect(t, port)
  for (const byte of [...A_TERMINAL, ...Buffer.from('anna\r\0tiger\r\0')]) {
    client.send(byte)
    await new Promise(setImmediate)
  }
  await client.shows('to leave\r\n')
})
