import assert from 'node:assert/strict'
import dns from 'node:dns/promises'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { IService } from 'runnerd'
import { LoginFailures } from 'runnerd'
import { freePort } from '../../helpers/free-port.ts'
import { heldByBuffers } from '../../helpers/held-by-buffers.ts'
import { passwordLine } from '../../helpers/password-line.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { comesTrue, inTime } from './in-time.ts'
import { address5, bytesOf, RawClient } from './raw-client.ts'
import { destination, echo, proxy } from './served.ts'

const ONE = '0:0:0:0:0:0:0:1'
const MAPPED = '0:0:0:0:0:ffff:7f00:1'

test('SOCKS 5 connects to IPv4, IPv6 and names, and says from where it does', async (t) => {
  const four = await destination(t, echo)
  const six = await destination(t, echo, '::1')
  const { port } = await proxy(t)
  for (const [host, there] of [
    ['127.0.0.1', four],
    ['localhost', four],
    ['127.1', four],
    [MAPPED, four],
    [ONE, six],
    ['::1', six],
  ] as const) {
    const client = await RawClient.connect(t, port)
    assert.deepEqual(await client.greet(), [5, 0])
    const bytes =
      host === '::1' ? bytesOf(3, 3, '::1', address5(ONE, there).subarray(17)) : undefined
    if (bytes !== undefined) client.send(5, 1, 0, bytes)
    const answer = bytes === undefined ? await client.ask(1, host, there) : await client.answer()
    assert.equal(answer.code, 0, host)
    assert.match(answer.host, there === six ? /^0000(:0000){6}:0001$/ : /^127\.0\.0\.1$/)
    assert.notEqual(answer.port, there)
    client.send('hello')
    assert.equal(String(await client.read(5)), 'hello')
  }
})

test('what a SOCKS 5 client sends in one go, or byte by byte, is understood', async (t) => {
  const there = await destination(t, echo)
  const { port } = await proxy(t)
  const all = bytesOf(5, 2, 1, 0, 5, 1, 0, address5('localhost', there), 'early')
  for (const pieces of [[all], [...all].map((byte) => Buffer.from([byte]))]) {
    const client = await RawClient.connect(t, port)
    for (const piece of pieces) {
      client.send(piece)
      await new Promise(setImmediate)
    }
    assert.deepEqual([...(await client.read(2))], [5, 0])
    assert.equal((await client.answer()).code, 0)
    assert.equal(String(await client.read(5)), 'early')
  }
})

test('who sends all at once, much of it, and ends, loses nothing', async (t) => {
  const there = await destination(t, echo)
  const { port } = await proxy(t)
  for (const much of [0, 5, 300_000]) {
    const client = await RawClient.connect(t, port)
    const data = Buffer.alloc(much, 'a poem ')
    client.socket.end(bytesOf(5, 1, 0, 5, 1, 0, address5('localhost', there), data))
    assert.deepEqual([...(await client.read(2))], [5, 0])
    assert.equal((await client.answer()).code, 0)
    assert.ok((await client.rest()).equals(data), `${much} bytes`)
  }
})

test('SOCKS 5 says why it refuses, with the numbers of RFC 1928', async (t) => {
  const gone = await freePort()
  const { port, started } = await proxy(t, '--deny', '127.0.0.9', '--no-udp')
  for (const [bytes, code, line] of [
    [[1, 0, address5('127.0.0.1', gone)], 5, /CONNECT to 127.* refused: connection refused$/],
    [[1, 0, address5('nosuch.invalid', 1)], 4, /CONNECT to nosuch\.invalid:1 .* refused: /],
    [[1, 0, address5('127.0.0.9', 1)], 2, /CONNECT to 127\.0\.0\.9:1 .* denied by the rules$/],
    [[2, 0, address5('127.0.0.9', 1)], 2, /BIND to 127\.0\.0\.9:1 .* denied by the rules$/],
    [[3, 0, address5('0.0.0.0', 0)], 7, /UDP ASSOCIATE to 0\.0\.0\.0:0 .* UDP is turned off$/],
    [[9, 0, address5('127.0.0.1', 1)], 7, /refused: command 9 is not supported$/],
    [[1, 0, 2, 0, 0], 8, /refused: address type 2 is not supported$/],
  ] as const) {
    const client = await RawClient.connect(t, port)
    await client.greet()
    client.send(5, ...bytes)
    const [version, said] = await client.rest()
    assert.deepEqual([version, said], [5, code], String(line))
    await started.line(line)
  }
})

test('a password file with nobody in it ends the start: nobody could use the proxy', async (t) => {
  const file = join(tempDir(t), 'users')
  writeFileSync(file, '', { mode: 0o600 })
  await assert.rejects(proxy(t, '--password-file', file), {
    code: 'ERR_PASSWORD_FILE_EMPTY',
    message: `cannot use password file ${file}: there is no user in it`,
  })
})

test('with a password file SOCKS 5 asks for a password, and SOCKS 4 is refused', async (t) => {
  const failed = t.mock.method(LoginFailures.prototype, 'add', () => 0)
  const there = await destination(t, echo)
  const file = join(tempDir(t), 'users')
  writeFileSync(file, passwordLine('anna', 'tiger'), { mode: 0o600 })
  const { port, started } = await proxy(t, '--password-file', file)
  const right = await RawClient.connect(t, port)
  assert.deepEqual(await right.greet(['anna', 'tiger']), [1, 0])
  assert.equal((await right.ask(1, '127.0.0.1', there)).code, 0)
  await started.line(/CONNECT to .* by .* \(user anna\) authorized$/)
  for (const login of [
    ['anna', 'lion'],
    ['bert', 'tiger'],
    ['anna', ''],
    ['', ''],
  ] as const) {
    const wrong = await RawClient.connect(t, port)
    assert.deepEqual(await wrong.greet(login), [1, 1])
    assert.equal((await wrong.rest()).length, 0)
    await started.line(new RegExp(`refused: wrong password of user "${login[0]}"$`))
  }
  assert.deepEqual(
    failed.mock.calls.map((call) => call.arguments),
    Array(4).fill(['127.0.0.1']),
  )
  const open = await RawClient.connect(t, port)
  assert.deepEqual(await open.greet(), [5, 255])
  assert.equal((await open.rest()).length, 0)
  await started.line(/refused: it offers no password$/)
  const four = await RawClient.connect(t, port)
  four.send(4, 1, 0, 80, 127, 0, 0, 1, 'anna\0')
  assert.equal((await four.rest())[1], 91)
  await started.line(/refused: SOCKS 4 has no passwords$/)
  writeFileSync(file, 'anna:tiger')
  const late = await RawClient.connect(t, port)
  assert.deepEqual(await late.greet(['anna', 'tiger']), [1, 1])
  await started.line(/^\[SOCKS\] cannot use password file .*: line 1 has a password, /)
  await started.line(/ refused: no password can be checked now$/)
})

test('a wrong password is answered late, and the right one is not tried after too many', async (t) => {
  const file = join(tempDir(t), 'users')
  writeFileSync(file, passwordLine('anna', 'tiger'), { mode: 0o600 })
  const { port, started } = await proxy(t, '--password-file', file)
  const isNoted = new Promise<void>((resolve) => {
    t.mock.method(LoginFailures.prototype, 'add', () => {
      setImmediate(resolve)
      return 4000
    })
  })
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const wrong = await RawClient.connect(t, port)
  let isAnswered = false
  const answer = wrong.greet(['anna', 'lion']).finally(() => {
    isAnswered = true
  })
  await inTime(() => 'the failure to be noted', isNoted)
  t.mock.timers.tick(3999)
  // Another is served meanwhile.
  const right = await RawClient.connect(t, port)
  assert.deepEqual(await right.greet(['anna', 'tiger']), [1, 0])
  assert.equal(isAnswered, false)
  t.mock.timers.tick(1)
  assert.deepEqual(await answer, [1, 1])
  t.mock.timers.reset()
  t.mock.method(LoginFailures.prototype, 'isLockedOut', (from: string) => from === '127.0.0.1')
  const late = await RawClient.connect(t, port)
  assert.deepEqual(await late.greet(['anna', 'tiger']), [1, 1])
  await started.line(/ refused: too many logins from 127\.0\.0\.1 have failed$/)
})

test('who logs in, asks and ends in one go is served when the password is checked', async (t) => {
  const there = await destination(t, echo)
  const file = join(tempDir(t), 'users')
  writeFileSync(file, passwordLine('anna', 'tiger'), { mode: 0o600 })
  const { port, started } = await proxy(t, '--password-file', file)
  const asked = async (command: number, text: string): Promise<string> => {
    const client = await RawClient.connect(t, port)
    const login = bytesOf(1, 4, 'anna', 5, 'tiger')
    const request = bytesOf(5, command, 0, address5('127.0.0.1', there), text)
    client.socket.end(bytesOf(5, 1, 2, login, request))
    assert.deepEqual([...(await client.read(4))], [5, 2, 1, 0])
    assert.equal((await client.answer()).code, 0)
    return String(await client.rest())
  }
  assert.equal(await asked(1, 'a poem'), 'a poem')
  assert.equal(await asked(3, ''), '')
  await started.line(/UDP ASSOCIATE by .* ended/)
})

test('a client who wants to log in where nobody has to is refused, unless it can do without', async (t) => {
  const { port } = await proxy(t)
  const insists = await RawClient.connect(t, port)
  assert.deepEqual(await insists.greet(['anna', 'tiger']), [5, 255])
  const either = await RawClient.connect(t, port)
  either.send(5, 3, 2, 1, 0)
  assert.deepEqual([...(await either.read(2))], [5, 0])
})

test('from afar nothing private is reached, by any name or spelling of it', async (t) => {
  const there = await destination(t, echo)
  const { port, started } = await proxy(t, '--listen', 'tcp:0')
  await started.line(/^\[SOCKS\] whoever can connect to tcp:0 can use it: --password-file lets/)
  for (const host of [
    '127.0.0.1',
    'localhost',
    '127.1',
    '2130706433',
    MAPPED,
    ONE,
    '0:0:0:0:0:0:7f00:1',
    '0.0.0.0',
  ]) {
    const client = await RawClient.connect(t, port)
    await client.greet()
    assert.equal((await client.ask(1, host, there)).code, 2, host)
  }
  const { port: opened } = await proxy(t, '--listen', 'tcp:0', '--allow', `127.0.0.1:${there}`)
  const client = await RawClient.connect(t, opened)
  await client.greet()
  assert.equal((await client.ask(1, 'localhost', there)).code, 0)
})

test('a name is looked up once: an answer that changes leads nowhere else', async (t) => {
  const there = await destination(t, echo)
  const { port } = await proxy(t, '--deny', '127.0.0.0/8', '--deny', '::1')
  const { port: allowing } = await proxy(t, '--allow', '127.0.0.1')
  let asked = 0
  const lookup = dns.lookup
  t.after(() => {
    dns.lookup = lookup
    syncBuiltinESMExports()
  })
  const answers = [['127.0.0.2', '127.0.0.1'], ['127.0.0.3']]
  dns.lookup = (async () => {
    const found = answers[Math.min(asked, 1)] ?? []
    asked += 1
    return found.map((address) => ({ address, family: 4 }))
  }) as unknown as typeof lookup
  syncBuiltinESMExports()
  const through = async (at: number): Promise<number | undefined> => {
    const client = await RawClient.connect(t, at)
    await client.greet()
    return (await client.ask(1, 'changes.example', there)).code
  }
  assert.equal(await through(allowing), 0, 'by the one of its addresses that may be reached')
  assert.equal(asked, 1)
  assert.equal(await through(allowing), 2)
  assert.equal(await through(port), 2)
  assert.equal(asked, 3)
})

test('each side ends on its own, and what is under way the other way still comes', async (t) => {
  const heard: Buffer[] = []
  let over = (): void => {}
  const there = await destination(t, (socket) => {
    socket.on('data', (data) => heard.push(data))
    socket.on('end', () => socket.end(`heard ${Buffer.concat(heard)}`))
  })
  const { port } = await proxy(t)
  const client = await RawClient.connect(t, port)
  await client.greet()
  await client.ask(1, '127.0.0.1', there)
  client.socket.end('all of it')
  assert.equal(String(await client.rest()), 'heard all of it')
  const ended = new Promise<void>((resolve) => {
    heard.length = 0
    over = resolve
  })
  const first = await destination(t, (socket) => {
    socket.end('goodbye')
    socket.on('data', (data) => heard.push(data)).on('end', over)
  })
  const second = await RawClient.connect(t, port)
  await second.greet()
  await second.ask(1, '127.0.0.1', first)
  assert.equal(String(await second.rest()), 'goodbye')
  second.socket.end('still there')
  await inTime(() => 'the end of what the client sends', ended)
  assert.equal(String(Buffer.concat(heard)), 'still there')
})

test('a side that breaks off is seen to, as that, by the other', async (t) => {
  const { port } = await proxy(t)
  const there = await destination(t, (socket) =>
    socket.once('data', () => socket.resetAndDestroy()),
  )
  const client = await RawClient.connect(t, port)
  await client.greet()
  await client.ask(1, '127.0.0.1', there)
  const ended = new Promise<string>((resolve) => {
    client.socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    client.socket.on('end', () => resolve('end'))
  })
  client.send('x')
  client.socket.resume()
  assert.equal(await inTime(() => 'the reset of the client', ended), 'ECONNRESET')
  const broken = new Promise<string>((resolve) => {
    destination(t, (socket) => {
      socket.resume()
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      socket.on('end', () => resolve('end'))
    }).then(async (at) => {
      const other = await RawClient.connect(t, port)
      await other.greet()
      await other.ask(1, '127.0.0.1', at)
      other.socket.resetAndDestroy()
    })
  })
  assert.equal(await inTime(() => 'the reset of the destination', broken), 'ECONNRESET')
})

test('it serves a UNIX socket, TLS and several ports at once', async (t) => {
  const dir = tempDir(t)
  const path = join(dir, 'socks.sock')
  const { key, cert } = pemFiles(dir)
  const { port, started } = await proxy(
    t,
    ...['--listen', `tcp:0:interface=127.0.0.1`, '--listen', `unix:${path}`],
    ...['--listen', `ssl:0:privateKey=${key}:certKey=${cert}:interface=127.0.0.1`],
  )
  const [, secure] = started.log.flatMap((line) => /SOCKS starting on (\d+)$/.exec(line)?.[1] ?? [])
  const there = await destination(t, (socket) =>
    socket.once('data', () => socket.resetAndDestroy()),
  )
  const ways: Socket[] = [
    connect(port, '127.0.0.1'),
    connect(path),
    connectTls({ port: Number(secure), host: '127.0.0.1', rejectUnauthorized: false }),
  ]
  for (const socket of ways) {
    t.after(() => socket.destroy())
    const client = new RawClient(socket)
    await client.greet()
    assert.equal((await client.ask(1, '127.0.0.1', there)).code, 0)
    client.send('x')
    assert.equal((await client.rest()).length, 0)
  }
  const local = new RawClient(connect(path))
  t.after(() => local.socket.destroy())
  await local.greet()
  assert.deepEqual((await local.ask(3, '0.0.0.0', 0)).host, '127.0.0.1')
})

test('a client who is gone while its name is looked up is connected to nothing', async (t) => {
  let wasConnected = false
  const there = await destination(t, () => {
    wasConnected = true
  })
  const { port, started } = await proxy(t)
  const client = await RawClient.connect(t, port)
  const lookup = dns.lookup
  t.after(() => {
    dns.lookup = lookup
    syncBuiltinESMExports()
  })
  let answer = (_: object[]): void => {}
  const isAsked = new Promise<void>((resolve) => {
    dns.lookup = (async () => {
      resolve()
      return await new Promise((found) => {
        answer = found
      })
    }) as unknown as typeof lookup
  })
  syncBuiltinESMExports()
  await client.greet()
  client.send(5, 1, 0, address5('slow.example', there))
  await inTime(() => 'a name to be looked up', isAsked)
  client.socket.resetAndDestroy()
  const { service } = started
  const open = (): number => {
    const [listener] = [...(service as unknown as Iterable<IService>)]
    return listener?.describe?.()?.listeners?.[0]?.connections?.open ?? Number.NaN
  }
  await comesTrue(
    () => 'the client to be gone',
    () => open() === 0,
  )
  answer([{ address: '127.0.0.1', family: 4 }])
  await started.line(/CONNECT to slow\.example:\d+ .* refused: the client is gone$/)
  assert.equal(wasConnected, false)
})

test('whoever sends is held up by who does not read, in both directions', async (t) => {
  const waiting: Socket[] = []
  const there = await destination(t, (socket) => {
    socket.pause()
    waiting.push(socket)
  })
  const { port } = await proxy(t)
  const client = await RawClient.connect(t, port)
  await client.greet()
  await client.ask(1, '127.0.0.1', there)
  client.socket.removeAllListeners('data').pause()
  const remote = waiting[0] as Socket
  // More than any buffer on the way holds.
  const size = 2 ** 26
  for (const [from, to] of [
    [client.socket, remote],
    [remote, client.socket],
  ] as const) {
    const before = await heldByBuffers(5)
    from.write(Buffer.alloc(size))
    // Nothing moves any more when it has been still for some turns.
    let last = -1
    let still = 0
    while (still < 20) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      still = from.bytesWritten - from.writableLength === last ? still + 1 : 0
      last = from.bytesWritten - from.writableLength
    }
    assert.ok(from.writableLength > 0, 'it is held up')
    const enough = before + size + 2 ** 24
    assert.ok((await heldByBuffers(100, enough)) < enough, 'and nothing is kept')
    let got = 0
    to.on('data', (data) => {
      got += data.length
    })
    to.resume()
    while (got < size) {
      await inTime(() => `${size} bytes after ${got}`, once(to, 'data'))
    }
    assert.equal(got, size)
    to.removeAllListeners('data').pause()
  }
})

test('SOCKS 5 BIND takes one connection from the host that was named', async (t) => {
  const { port } = await proxy(t)
  for (const host of ['127.0.0.1', 'localhost', ONE]) {
    const client = await RawClient.connect(t, port)
    await client.greet()
    const bound = await client.ask(2, host, 21)
    assert.equal(bound.code, 0)
    const at = host === ONE ? '::1' : '127.0.0.1'
    const peer = await RawClient.connect(t, bound.port, at)
    const { code, port: from } = await client.answer()
    assert.deepEqual([code, from], [0, peer.socket.localPort])
    peer.socket.end('hello')
    assert.equal(String(await client.rest()), 'hello')
  }
})
