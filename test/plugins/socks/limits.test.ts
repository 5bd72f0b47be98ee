import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { Rules, type Settings, serveClient } from '@runnerd/socks'
import { checkPlugin } from '@runnerd/testkit'
import fc from 'fast-check'
import { ourPlugins } from '../../helpers/paths.ts'
import { logLines } from '../../internet/log-lines.ts'
import { comesTrue, inTime } from './in-time.ts'
import { address5, bytesOf, RawClient } from './raw-client.ts'
import { destination, echo, proxy } from './served.ts'

test('socks is a sound plugin', async () => {
  const file = join(ourPlugins, 'socks', 'dist', 'plugin.js')
  await checkPlugin(file, { args: ['--port', '0'] })
})

test('a client who says too little in --handshake-timeout is hung up on', async (t) => {
  const { port, started } = await proxy(t, '--handshake-timeout', '2')
  const there = await destination(t, echo)
  const done = await RawClient.connect(t, port)
  await done.greet()
  assert.equal((await done.ask(1, '127.0.0.1', there)).code, 0)
  const slow = [[], [5], [5, 1, 0, 5, 1, 0], [4, 1, 0, 80, 127, 0, 0, 1, 'anna']]
  await Promise.all(
    slow.map(async (bytes) => {
      const client = await RawClient.connect(t, port)
      client.send(...bytes)
      await client.rest()
    }),
  )
  const late = / refused: it asked for nothing in 2 seconds$/
  const lines = (): number => started.log.filter((line) => late.test(line)).length
  await comesTrue(
    () => `${slow.length} lines like ${late}`,
    () => lines() === slow.length,
  )
  done.send('still')
  assert.equal(String(await done.read(5)), 'still')
})

function settingsWith(some: Partial<Settings>): Settings {
  return {
    rules: new Rules([], [], true),
    logIn: undefined,
    counts: { add() {}, *metrics() {} } as unknown as Settings['counts'],
    handshakeTimeout: 60,
    connectTimeout: 60,
    udp: false,
    udpRate: 0,
    ...some,
  }
}

test('what a client sends before there is anybody for it is left in the system', async (t) => {
  let ours: Socket | undefined
  const port = await destination(t, (socket) => {
    ours = socket
    serveClient(socket, settingsWith({}))
  })
  const client = await RawClient.connect(t, port)
  await client.greet()
  // A BIND, which waits for somebody to connect.
  assert.equal((await client.ask(2, '127.0.0.1', 1)).code, 0)
  client.send(Buffer.alloc(64_000_000))
  // Both ends are in this process: what is read at all is read turn by turn.
  for (let [seen, turns] = [0, 0]; turns < 100; turns += 1) {
    await new Promise(setImmediate)
    if (ours?.bytesRead !== seen) turns = 0
    seen = ours?.bytesRead ?? 0
  }
  assert.ok((ours?.bytesRead ?? 0) < 1_000_000, `${ours?.bytesRead} bytes were read`)
  const { lines, end } = logLines()
  t.after(end)
  client.socket.destroy()
  ours?.destroy()
  const gone = /^\[SOCKS\] BIND .* refused: the client is gone$/
  await comesTrue(
    () => `a line like ${gone}`,
    () => lines.some((line) => gone.test(line)),
  )
})

test('a client whose password takes too long to check is hung up on, whatever comes of it', async (t) => {
  const checks: ((reason: string | undefined) => void)[] = []
  const logIn = (): Promise<string | undefined> =>
    new Promise((resolve) => void checks.push(resolve))
  const settings = settingsWith({ logIn, handshakeTimeout: 2 })
  const port = await destination(t, (socket) => serveClient(socket, settings))
  const { lines, end } = logLines()
  t.after(end)
  for (const reason of [undefined, 'wrong password']) {
    const client = await RawClient.connect(t, port)
    client.send(5, 1, 2, 1, 1, 'a', 1, 'b', 5, 1, 0, address5('127.0.0.1', port))
    assert.deepEqual([...(await client.rest())], [5, 2])
    checks.pop()?.(reason)
    await new Promise(setImmediate)
  }
  const refused = /^\[SOCKS\] 127\.0\.0\.1:\d+ refused: it asked for nothing in 2 seconds$/
  assert.equal(lines.length, 2)
  for (const line of lines) assert.match(line, refused)
})

test('no garbage ends the proxy, or leaves a connection open', async (t) => {
  // Nothing far away is waited for.
  const near = ['--allow', '127.0.0.1', '--connect-timeout', '0.2', '--handshake-timeout', '60']
  const { port, started } = await proxy(t, ...near)
  const there = await destination(t, echo)
  const piece = fc.oneof(
    fc.constantFrom(
      [4],
      [5],
      [5, 1, 0],
      [5, 1, 2],
      [1, 1, 97, 1, 97],
      [5, 1, 0, 1],
      [5, 2, 0, 3, 255],
      [5, 3, 0, 4],
      [4, 1, 0, 80, 0, 0, 0, 1],
      [4, 2, 0, 80, 127, 0, 0, 1, 0],
    ),
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
  )
  const all = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.flat())
  await fc.assert(
    fc.asyncProperty(all, async (bytes) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.end(Buffer.from(bytes)).resume()
      await inTime(() => `the end of ${bytes}`, once(socket, 'close'))
    }),
    { numRuns: 300, examples: [[[71, 69, 84, 32, 47]], [[22, 3, 1]], [[5, 255]], [[5, 0]]] },
  )
  const client = await RawClient.connect(t, port)
  await client.greet()
  assert.equal((await client.ask(1, '127.0.0.1', there)).code, 0)
  assert.deepEqual(
    started.log.filter((line) => /Unhandled|Traceback|at .*\.js/.test(line)),
    [],
  )
})

test('a thousand clients at once are served, each with its own', async (t) => {
  const there = await destination(t, echo)
  // They are as slow as this process is.
  const { port } = await proxy(t, '--handshake-timeout', '600', '--connect-timeout', '600')
  const hello = bytesOf(5, 1, 0, 5, 1, 0, address5('127.0.0.1', there))
  const clients = await Promise.all(
    Array.from({ length: 1000 }, async (_, n) => {
      const client = await RawClient.connect(t, port)
      client.send(hello)
      assert.equal((await client.read(12))[3], 0)
      client.send(`client ${n}\n`)
      return client
    }),
  )
  for (const [n, client] of clients.entries()) {
    assert.equal(String(await client.read(`client ${n}\n`.length)), `client ${n}\n`)
    client.socket.end()
  }
})

test('more than --max-connections are closed', async (t) => {
  const there = await destination(t, echo)
  const { port, started } = await proxy(t, '--max-connections', '2')
  const first = await RawClient.connect(t, port)
  const second = await RawClient.connect(t, port)
  await first.greet()
  await second.greet()
  const third = await RawClient.connect(t, port)
  assert.equal((await third.rest()).length, 0)
  await started.line(/Closed a new connection: there are 2 already/)
  assert.equal((await first.ask(1, '127.0.0.1', there)).code, 0)
})

test('a silent client that is served is closed after --timeout', async (t) => {
  const there = await destination(t, echo)
  const { port, started } = await proxy(t, '--timeout', '1')
  const client = await RawClient.connect(t, port)
  await client.greet()
  assert.equal((await client.ask(1, '127.0.0.1', there)).code, 0)
  assert.equal((await client.rest()).length, 0)
  await started.line(/Closed .* after 1 second without a byte/)
})

test('options that can not be are usage errors', async (t) => {
  for (const [words, message] of [
    [
      ['--handshake-timeout', '0'],
      /cannot use --handshake-timeout 0: it must be above 0 and at most 86400 seconds/,
    ],
    [['--connect-timeout=-1'], /cannot use --connect-timeout -1/],
    [['--udp-rate=-1'], /cannot use --udp-rate -1: it must be a whole number from 0/],
    [['--udp-rate=0.5'], /cannot use --udp-rate 0\.5: it must be a whole number from 0/],
    [['--deny', 'example.org'], /cannot use --deny example\.org: "example\.org" is no address/],
    [['--listen', 'tcp:99999'], /cannot use --listen tcp:99999: /],
  ] as const) {
    await assert.rejects(proxy(t, ...words), { code: 'ERR_USAGE', message })
  }
})
