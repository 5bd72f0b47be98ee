import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkPlugin } from '@runnerd/testkit'
import packet from 'dns-packet'
import fc from 'fast-check'
import { ourPlugins } from '../../helpers/paths.ts'
import { crowd } from '../crowd.ts'
import {
  ask,
  decode,
  edns,
  framed,
  messagesIn,
  query,
  sendDatagram,
  sendStream,
  server,
  told,
  zoneFile,
} from './ask.ts'
import { address, upstream } from './upstream.ts'

test('dns is a sound plugin', async (t) => {
  const file = join(ourPlugins, 'dns', 'dist', 'plugin.js')
  await checkPlugin(file, { args: ['--port', '0', '--zone', zoneFile(t)] })
})

test('dns takes no options that can not be', async (t) => {
  for (const [words, message] of [
    [[], /there is nothing to answer from/],
    [
      ['--recursive', '--forward', 'ns.example'],
      /cannot use --forward ns\.example: "ns\.example" is/,
    ],
    [['--forward', '[::1]:0'], /the port must be a number from 1 to 65535/],
    [['--forward', '::1', '--forward-timeout', '0'], /cannot use --forward-timeout 0/],
    [
      ['--forward', '::1', '--cache-size=-1'],
      /cannot use --cache-size -1: it must be a whole number/,
    ],
    [['--forward', '::1', '--min-ttl', '9', '--max-ttl', '8'], /--min-ttl: it is more than/],
    [['--forward', '::1', '--allow-recursion', '10.0.0.0/33'], /10\.0\.0\.0\/33: it is no network/],
    [['--resolv-conf', '/dev/null'], /cannot use \/dev\/null: it names no name server/],
    [['--zone', 'example.org='], /cannot use --zone example\.org=: it names no file$/],
  ] as const) {
    await assert.rejects(server(t, ...words), { code: 'ERR_USAGE', message })
  }
})

test('a file that can not be read is told of in plain words, and ends with status 66', async (t) => {
  for (const [words, message] of [
    [['--hosts-file', '/nowhere'], /cannot use --hosts-file \/nowhere: no such file/],
    [['--zone', '/nowhere.zone'], /cannot use zone \/nowhere\.zone: no such file/],
    [['--zone', 'example.org=/nowhere'], /cannot use zone \/nowhere: no such file/],
    [['--hosts-file', '/dev'], /cannot use --hosts-file \/dev: it is a directory$/],
    [['--resolv-conf', '/dev'], /cannot use \/dev: it is a directory$/],
    [['--zone', '/dev/null/a.zone'], /cannot use zone \/dev\/null\/a\.zone: not a directory$/],
  ] as const) {
    const wanted = { code: 'ERR_DNS_FILE_UNREADABLE', exitStatus: 66, message }
    await assert.rejects(server(t, ...words), wanted)
  }
})

test('dns gives a whole zone to those that may have it, in messages of their own', async (t) => {
  const many = Array.from({ length: 3000 }, (_, n) => `h${n} A 192.0.2.1\n`).join('')
  const file = zoneFile(t, `@ SOA ns h 7 1h 15m 1w 5m\n@ NS ns\nns A 192.0.2.1\n${many}`)
  const { port } = await server(t, '--zone', file, '--allow-transfer', 'loopback')
  const messages = await sendStream(port, framed(query('example.org', 'AXFR')))
  const records = messages.flatMap((each) => told(decode(each).answers))
  assert.equal(records.length, 3 + 3000 + 1)
  assert.equal(records[0], records.at(-1))
  assert.match(records[0] ?? '', /^example\.org SOA /)
  assert.ok(messages.length > 1)
  assert.equal(
    decode((await sendStream(port, framed(query('example.net', 'AXFR'))))[0]).rcode,
    'NOTAUTH',
  )
  assert.equal((await ask(port, 'example.org', 'AXFR')).rcode, 'REFUSED')
  // RFC 1995: who has it already is told no more than that.
  for (const [serial, isAll] of [
    [6, true],
    [7, false],
    [8, false],
    [2 ** 32 - 1, true],
  ] as const) {
    const data = { mname: 'ns.example.org', rname: 'h.example.org', serial }
    const authorities = [{ type: 'SOA' as const, name: 'example.org', data }]
    const asked = query('example.org', 'IXFR', { authorities })
    const [first, ...others] = await sendStream(port, framed(asked))
    assert.equal(others.length > 0, isAll, String(serial))
    if (!isAll) assert.match(told(decode(first).answers).join(), /^example\.org SOA [^,]*$/)
  }
})

test('no garbage ends the server: each has an answer to its id, or none', async (t) => {
  // Says that nothing is there, whatever it is asked.
  const there = await upstream(t, ({ bytes }) => {
    const answer = Buffer.from(bytes)
    answer[2] = 0x80
    return answer
  })
  const words = ['--zone', zoneFile(t), '--forward', `127.0.0.1:${there.port}`]
  const { port, started } = await server(t, ...words)
  const good = [
    query('web.example.org', 'A', edns()),
    query('x.old.example.org', 'ANY'),
    query('a.example.net', 'TXT', edns(4096, 1 << 15)),
  ]
  // Bytes of anything, and queries with some of theirs changed, cut off or put behind.
  const bytes = fc.uint8Array({ maxLength: 60 })
  const changed = fc
    .tuple(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      bytes,
    )
    .map(([message, changes, more]) => {
      const all = Buffer.concat([message, more])
      for (const [at, byte] of changes) all[at % all.length] = byte
      return all
    })
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const asked = new Set<number>()
  const strange: Buffer[] = []
  socket.on('message', (answer) => {
    if (!asked.has(answer.readUInt16BE())) strange.push(answer)
  })
  const last = query('web.example.org', 'A', { id: 0 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(bytes, changed), { maxLength: 20 }), async (messages) => {
      for (const message of messages) {
        if (message.length >= 2) asked.add(Buffer.from(message).readUInt16BE())
      }
      for (const message of messages) socket.send(message)
      const stream = connect({ port, host: '127.0.0.1' }).on('error', () => {})
      stream.end(Buffer.concat(messages.map(framed))).resume()
      // Garbage may be reset, of which `once` would fail.
      await new Promise((resolve) => stream.on('close', resolve))
      assert.deepEqual(strange, [])
      assert.equal((await sendDatagram(port, last)).readUInt16BE(), 0)
    }),
    { numRuns: 150 },
  )
  assert.deepEqual(
    started.log.filter((line) => /Unhandled|Could not|at .*\.js/.test(line)),
    [],
  )
})

test('what another server says may be any garbage: the client has an answer all the same', async (t) => {
  let [change, cut]: [[number, number][], number] = [[], 1000]
  const there = await upstream(t, (asked) => {
    const bytes = packet.encode(address(asked, '192.0.2.1', 300))
    for (const [at, byte] of change) bytes[at % bytes.length] = byte
    return bytes.subarray(0, cut)
  })
  const words = ['--forward', `127.0.0.1:${there.port}`, '--forward-timeout', '0.05']
  const { port, started } = await server(t, ...words, '--zone', zoneFile(t))
  let n = 0
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(changes, fc.constantFrom(1000, 1000, 40, 20, 11), async (each, length) => {
      change = each
      cut = length
      n += 1
      const { rcode } = await ask(port, n % 3 === 0 ? 'ext.example.org' : `a${n}.example.net`, 'A')
      assert.ok(rcode.length > 0)
    }),
    { numRuns: 40 },
  )
  assert.deepEqual(
    started.log.filter((line) => /Unhandled|at .*\.js/.test(line)),
    [],
  )
})

test('names of other servers that lead nowhere end in SERVFAIL, and nothing else ends', {
  timeout: 120_000,
}, async (t) => {
  const [header, question] = [12, 21]
  const start = header + question
  const record = (type: number, rdata: string): string => {
    const length = (rdata.length / 2).toString(16).padStart(4, '0')
    return `c00c${type.toString(16).padStart(4, '0')}00010000012c${length}${rdata}`
  }
  const pointer = (to: number): string => (0xc000 | to).toString(16)
  const rdata = start + 12
  const long = `3f${'61'.repeat(63)}`.repeat(4)
  const corpus: [what: string, count: number, answer: string][] = [
    ['an alias that is a pointer to itself', 1, record(5, pointer(rdata))],
    ['one that leads forwards', 1, record(5, pointer(rdata + 2))],
    ['one that leads out of the message', 1, record(5, pointer(0x3fff))],
    ['one with a pointer to a label before it', 1, record(5, `0161${pointer(rdata)}`)],
    ['a name that is too long', 1, record(5, `${long}00`)],
    ['one whose labels have no end', 1, record(5, '3f61')],
    ['a record of nothing', 1, record(15, '')],
    ['a label of a type that is none', 1, record(5, '8061')],
    ['fewer records than there should be', 9, record(1, 'c0000201')],
    ['an owner without an end', 1, pointer(start)],
  ]
  let [count, answer] = [0, '']
  const there = await upstream(t, ({ bytes }) => {
    const reply = Buffer.concat([bytes.subarray(0, start), Buffer.from(answer, 'hex')])
    reply.writeUInt16BE(0x8180, 2)
    reply.writeUInt16BE(count, 6)
    reply.writeUInt16BE(0, 10)
    return reply
  })
  const words = ['--forward', `127.0.0.1:${there.port}`, '--no-cache']
  const { port, started } = await server(t, ...words, '--zone', zoneFile(t))
  for (const [what, number, text] of corpus) {
    count = number
    answer = text
    const { rcode } = await ask(port, 'ext.example.org', 'A')
    assert.equal(rcode, 'SERVFAIL', what)
  }
  count = 1
  answer = record(1, 'c0000201')
  const { answers } = await ask(port, 'ext.example.org', 'A')
  assert.equal(told(answers).at(-1), 'www.example.net A 192.0.2.1')
  assert.deepEqual(
    started.log.filter((line) => /Unhandled|at .*\.js/.test(line)),
    [],
  )
})

test('a thousand clients at once are answered, by TCP and by UDP', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const sockets = await crowd(t, port, 1000)
  const answers = sockets.map(async (socket, id) => {
    socket.write(framed(query('web.example.org', 'A', { id })))
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    assert.equal(messagesIn(bytes)[0]?.readUInt16BE(), id)
  })
  await Promise.all(answers)
  // A datagram may get lost where many come at once; who asks again has an answer.
  const missing = new Set(Array.from({ length: 1000 }, (_, id) => id))
  const clients = Array.from({ length: 50 }, () => createSocket('udp4'))
  t.after(() => {
    for (const client of clients) client.close()
  })
  for (const client of clients) {
    client.on('message', (answer) => missing.delete(answer.readUInt16BE()))
  }
  while (missing.size > 0) {
    for (const id of missing) {
      clients[id % clients.length]?.send(query('www.example.org', 'A', { id }), port, '127.0.0.1')
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})
