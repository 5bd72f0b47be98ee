import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createReadStream, statSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as secure } from 'node:tls'
import { FTPFactory, ftp, Root } from '@runnerd/ftp'
import { startService } from '@runnerd/testkit'
import fc from 'fast-check'
import { ftpServer, withAnna } from '../../helpers/ftp-server.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { heldByBuffers } from '../../helpers/held-by-buffers.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

/** All that comes until the connection is closed. */
function answerTo(port: number, data: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let got = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(data))
    socket.on('data', (text) => {
      got += text
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
  })
}

const verb = fc.constantFrom(
  ...'USER PASS CWD CDUP QUIT PORT PASV EPSV EPRT TYPE STRU MODE RETR STOR APPE REST'.split(' '),
  ...'RNFR RNTO ABOR DELE RMD MKD PWD LIST NLST MLSD MLST SYST STAT HELP NOOP'.split(' '),
  ...'FEAT OPTS AUTH PBSZ PROT SIZE MDTM ALLO ACCT REIN XPWD XCUP SITE'.split(' '),
)
const text = fc.string({ unit: 'binary', maxLength: 60 })
const line = fc.tuple(verb, text).map(([word, rest]) => Buffer.from(`${word} ${rest}\r\n`))
const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some))
const login = fc.constant(Buffer.from('USER ftp\r\nPASS x\r\n'))

test('ftp answers garbage, whole lines of it or none, and goes on serving', async (t) => {
  const { port, service } = await ftpServer(t)
  const garbage = fc.array(fc.oneof(line, line, bytes, login), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(garbage, async (pieces) => {
      const answer = await answerTo(port, Buffer.concat(pieces))
      for (const reply of answer.split('\r\n').slice(0, -1)) {
        assert.match(reply, /^[1-5]\d\d[ -]| /, reply)
      }
    }),
    { numRuns: 300 },
  )
  const talk = await FTPTalk.login(port)
  assert.equal((await talk.fetch('RETR poem.txt')).replies[1], '226 Transfer complete.')
  talk.close()
  assert.deepEqual(
    service.log.filter((each) => /Error|\n/.test(each)),
    [],
  )
})

test('a line without end takes no memory, and is refused when it ends', async (t) => {
  const { port } = await ftpServer(t)
  const talk = new FTPTalk(port)
  t.after(() => talk.close())
  await talk.reply()
  talk.socket.write(Buffer.alloc(5_000_000, 'x'))
  assert.match(await talk.say(''), /^500 That line is too long/)
  assert.match(await talk.say('NOOP'), /^200 /)
})

test('who sends commands and reads no reply is not listened to for ever', async (t) => {
  const factory = new FTPFactory(new Root(tempDir(t)), {
    ...{ anonymous: ['ftp'], anonymousWrite: false, write: false },
    ...{ requireTLS: false, timeout: 0 },
  })
  const served: Socket[] = []
  const { signal } = new AbortController()
  const server = createServer((socket) => {
    served.push(socket)
    factory.listener(socket, { draining: signal })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  t.after(() => {
    client.destroy()
    server.close()
  })
  const flood = Buffer.from('NOOP\r\n'.repeat(5_000_000))
  client.write(flood)
  await once(server, 'connection')
  const [socket] = served
  assert.ok(socket)
  // It waits for the client on both sides, or has read it all.
  while (!(socket.isPaused() && socket.writableNeedDrain) && socket.bytesRead < flood.length) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(socket.bytesRead < flood.length, `it has read ${socket.bytesRead} bytes`)
})

for (const [what, commands, highWaterMark] of [
  ['is gone in time', 'HELP\r\n'.repeat(100_000), undefined],
  // All replies are written then, and the last one, too.
  ['is gone in time when it said goodbye', `${'HELP\r\n'.repeat(100_000)}QUIT\r\n`, 2 ** 30],
] as const) {
  test(`who sends commands and reads no reply ${what}`, async (t) => {
    const factory = new FTPFactory(new Root(tempDir(t)), {
      ...{ anonymous: ['ftp'], anonymousWrite: false, write: false },
      ...{ requireTLS: false, timeout: 1 },
    })
    const { signal } = new AbortController()
    const server = createServer({ highWaterMark }, (socket) => {
      factory.listener(socket, { draining: signal })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as { port: number }).port, '127.0.0.1')
    client.on('error', () => {})
    t.after(() => {
      client.destroy()
      server.close()
    })
    client.write(commands)
    const [session] = (await once(server, 'connection')) as [Socket]
    await once(session, 'close')
    assert.equal(factory.sessions, 0)
  })
}

for (const first of ['', 'NOOP\r\n']) {
  test(`what a client pipelines after ${first.trim()} AUTH TLS is not obeyed with TLS`, {
    skip: !hasCommand('openssl') && 'openssl is not there',
  }, async (t) => {
    const { key, cert } = pemFiles(tempDir(t))
    const { port } = await ftpServer(t, ['--certificate', cert, '--key', key])
    const talk = new FTPTalk(port)
    t.after(() => talk.close())
    await talk.reply()
    talk.socket.write(`${first}AUTH TLS\r\nUSER ftp\r\nPASS injected\r\n`)
    if (first !== '') assert.match(await talk.reply(), /^200 /)
    assert.match(await talk.reply(), /^234 /)
    talk.socket.removeAllListeners('data')
    const socket = secure({ socket: talk.socket, rejectUnauthorized: false })
    socket.on('error', () => {})
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (data) => resolve(String(data)))
    })
    socket.write('PWD\r\n')
    assert.match(await answer, /^530 Please login/)
    socket.destroy()
  })
}

test('nothing that was said before AUTH TLS holds after it', {
  skip: !hasCommand('openssl') && 'openssl is not there',
}, async (t) => {
  const { key, cert } = pemFiles(tempDir(t))
  const { port } = await ftpServer(t, withAnna(t, '--certificate', cert, '--key', key))
  const clear = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => clear.close())
  for (const word of ['EPSV ALL', 'REST 5', 'RNFR poem.txt']) {
    assert.match(await clear.say(word), /^[23]/, word)
  }
  assert.match(await clear.say('AUTH TLS'), /^234 /)
  clear.socket.removeAllListeners('data')
  const over = secure({ socket: clear.socket, rejectUnauthorized: false })
  const talk = new FTPTalk(port, '', over)
  await talk.say('USER anna')
  assert.match(await talk.say('PASS secret'), /^230 /)
  assert.match(await talk.say('RNTO other.txt'), /^503 RNFR/)
  talk.passive = 'PASV'
  const { data } = await talk.fetch('RETR poem.txt')
  assert.equal(String(data), 'a poem\r\nof two lines\r\n')
})

test('1,000 sessions are served at once, each with its own directory', async (t) => {
  const { port, service } = await ftpServer(t)
  const talks = await Promise.all(Array.from({ length: 1000 }, () => FTPTalk.login(port)))
  t.after(() => talks.map((talk) => talk.close()))
  const replies = await Promise.all(
    talks.map(async (talk, n) => {
      await talk.say(n % 2 === 0 ? 'CWD sub' : 'CWD /')
      return await talk.say('PWD')
    }),
  )
  replies.map((reply, n) => assert.equal(reply, n % 2 === 0 ? '257 "/sub"' : '257 "/"'))
  const files = await Promise.all(talks.slice(0, 200).map((talk) => talk.fetch('LIST')))
  for (const { data } of files) assert.match(String(data), /deep\.txt|poem\.txt/)
  await service.stop()
  assert.equal(await talks[0]?.reply(), '421 Service closing control connection.')
})

test('more sessions than --max-connections are closed', async (t) => {
  const { port, service } = await ftpServer(t, ['--max-connections', '2'])
  const talks = [new FTPTalk(port), new FTPTalk(port)]
  for (const talk of talks) assert.match(await talk.reply(), /^220 /)
  assert.equal(await new FTPTalk(port).reply(), 'closed')
  for (const talk of talks) talk.close()
  await service.stop()
  assert.ok(service.log.some((each) => /Closed a new connection/.test(each)))
})

test('a silent session ends with 421, one whose transfer stands still with 426 before', async (t) => {
  const { port, root } = await ftpServer(t, ['--timeout', '0.3'])
  const idle = await FTPTalk.login(port)
  assert.equal(await idle.reply(), '421 Timeout.')
  assert.equal(await idle.reply(), 'closed')
  writeFileSync(join(root, 'big'), Buffer.alloc(30_000_000))
  const busy = await FTPTalk.login(port)
  const data = await busy.data()
  data.on('error', () => {})
  assert.match(await busy.say('RETR big'), /^150 /)
  // Nothing of it is read.
  assert.match(await busy.reply(), /^426 /)
  assert.equal(await busy.reply(), '421 Timeout.')
  data.destroy()
})

/** So much memory is what is on its way, and no more; in bytes. */
const LITTLE = 2 ** 25

test('256 MB are sent with flat memory, also to a client that stops reading for a while', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  writeFileSync(join(root, 'huge'), '')
  truncateSync(join(root, 'huge'), 2 ** 28)
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.say('TYPE I')
  const before = await heldByBuffers(5)
  const more = async (): Promise<number> => (await heldByBuffers(100, before + LITTLE)) - before
  const data = await talk.data()
  await talk.say('RETR huge')
  await standstill()
  let [length, next] = [0, 0]
  for await (const chunk of data) {
    if (length >= next) {
      assert.ok((await more()) < LITTLE, `after ${length} bytes`)
      next += 2 ** 26
    }
    length += chunk.length
  }
  assert.equal(length, 2 ** 28)
  assert.match(await talk.reply(), /^226 /)
})

/** Waits until nothing is read any more: no buffer has come or gone for some turns. */
async function standstill(): Promise<void> {
  for (let [last, still] = [0, 0]; still < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const { arrayBuffers } = process.memoryUsage()
    still = arrayBuffers === last ? still + 1 : 0
    last = arrayBuffers
  }
}

test('an upload is written no faster than the disk takes it, and whole', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  const file = join(tempDir(t), 'huge')
  writeFileSync(file, '')
  truncateSync(file, 2 ** 26)
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.say('TYPE I')
  const data = await talk.data()
  await talk.say('STOR huge')
  createReadStream(file).pipe(data)
  assert.match(await talk.reply(), /^226 /)
  assert.equal(statSync(join(root, 'huge')).size, 2 ** 26)
  data.destroy()
})

test('an upload that is cut keeps what came, so that it can be resumed', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.say('TYPE I')
  const data = await talk.data()
  data.on('error', () => {})
  await talk.say('STOR cut')
  await new Promise<void>((resolve) => data.write(Buffer.alloc(100_000, 'x'), () => resolve()))
  while (!/^213 .*: 100000 bytes/.test(await talk.say('STAT')));
  data.resetAndDestroy()
  assert.match(await talk.reply(), /^426 /)
  assert.equal(await talk.say('SIZE cut'), '213 100000')
  assert.equal(statSync(join(root, 'cut')).size, 100_000)
})

test('an IPv6 client is served by EPSV, and told so by PASV', async (t) => {
  const { root } = await ftpServer(t)
  const service = await startService(ftp, [
    ...['--listen', String.raw`tcp6:0:interface=\:\:1`, '--root', root],
  ])
  t.after(() => service.stop())
  const talk = new FTPTalk(service.address().port, '::1')
  t.after(() => talk.close())
  await talk.reply()
  await talk.say('USER ftp')
  await talk.say('PASS x')
  assert.match(await talk.say('PASV'), /^425 .*EPSV/)
  assert.match(await talk.say('EPSV 1'), /^522 .*\(2\)/)
  assert.match(await talk.say('EPSV 2'), /^229 /)
  assert.match(await talk.say('EPRT |2|0:0::1|5000|'), /^200 /)
  assert.match(await talk.say('EPRT |2|::2|5000|'), /^504 /)
})
