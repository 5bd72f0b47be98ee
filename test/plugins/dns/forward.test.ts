import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dns } from '@runnerd/dns'
import { startService } from '@runnerd/testkit'
import packet, { type Packet } from 'dns-packet'
import type { MultiService } from 'runnerd'
import { freePort } from '../../helpers/free-port.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { ask, decode, edns, framed, query, sendStream, server, told, zoneFile } from './ask.ts'
import { type Asked, address, answerTo, upstream } from './upstream.ts'

const soa = {
  type: 'SOA' as const,
  name: 'example.net',
  ttl: 900,
  data: {
    ...{ mname: 'ns.example.net', rname: 'host.example.net', serial: 1 },
    ...{ refresh: 1, retry: 1, expire: 1, minimum: 60 },
  },
}

/** The words that have one server forward to others. */
function forward(...ports: number[]): string[] {
  return ports.flatMap((port) => ['--forward', `127.0.0.1:${port}`])
}

function ttlOf({ answers = [] }: { answers?: unknown[] | undefined }): number {
  const [first] = answers as { ttl: number }[]
  return first?.ttl ?? -1
}

test('dns asks another server once, and remembers what it said for as long as it may', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 300))
  const { port } = await server(t, ...forward(there.port))
  const first = await ask(port, 'a.example.net', 'A')
  assert.deepEqual(told(first.answers), ['a.example.net A 192.0.2.1'])
  assert.deepEqual([first.flag_ra, first.flag_aa, ttlOf(first)], [true, false, 300])
  // Its TTL goes down; the question is written as each client writes it.
  let again = first
  while (ttlOf(again) === 300) {
    again = await ask(port, 'A.example.NET', 'A')
    assert.equal(again.questions?.[0]?.name, 'A.example.NET')
    assert.equal(again.answers?.length, 1)
  }
  assert.ok(ttlOf(again) < 300)
  assert.equal(there.asked.length, 1)
  // Nothing is asked for who wants no recursion.
  assert.equal((await ask(port, 'a.example.net', 'A', { flags: 0 })).rcode, 'REFUSED')
})

test('dns forgets what has no TTL, and keeps within --min-ttl and --max-ttl', {
  timeout: 120_000,
}, async (t) => {
  let ttl = 0
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', ttl))
  const { port } = await server(t, ...forward(there.port))
  for (const times of [1, 2]) {
    await ask(port, 'a.example.net', 'A')
    assert.equal(there.asked.length, times)
  }
  const limits = ['--min-ttl', '20', '--max-ttl', '40']
  const limited = await server(t, ...forward(there.port), ...limits)
  assert.equal(ttlOf(await ask(limited.port, 'a.example.net', 'A')), 20)
  ttl = 1000
  assert.equal(ttlOf(await ask(limited.port, 'b.example.net', 'A')), 40)
  const none = await server(t, ...forward(there.port), '--no-cache')
  const before = there.asked.length
  await ask(none.port, 'a.example.net', 'A')
  await ask(none.port, 'a.example.net', 'A')
  assert.equal(there.asked.length, before + 2)
})

test('dns remembers what is not there for as long as the SOA says', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => {
    const isThere = asked.message.questions?.[0]?.name === 'there.example.net'
    const flags = isThere ? 0 : packet.RECURSION_AVAILABLE | 3
    return answerTo(asked, { flags, authorities: [soa] })
  })
  const { port } = await server(t, ...forward(there.port))
  for (const [name, rcode] of [
    ['nowhere.example.net', 'NXDOMAIN'],
    ['there.example.net', 'NOERROR'],
  ] as const) {
    const before = there.asked.length
    for (let n = 0; n < 2; n += 1) {
      const answer = await ask(port, name, 'A')
      assert.equal(answer.rcode, rcode)
      const [record] = answer.authorities as unknown as { ttl: number }[]
      assert.ok((record?.ttl ?? 0) <= 60)
    }
    assert.equal(there.asked.length, before + 1)
  }
})

test('dns remembers no more than --cache-size answers, and forgets the oldest', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 300))
  const { port } = await server(t, ...forward(there.port), '--cache-size', '3')
  for (const name of ['a', 'b', 'c', 'a', 'd']) await ask(port, `${name}.example.net`, 'A')
  assert.equal(there.asked.length, 4)
  for (const name of ['a', 'c', 'd']) await ask(port, `${name}.example.net`, 'A')
  assert.equal(there.asked.length, 4)
  await ask(port, 'b.example.net', 'A')
  assert.equal(there.asked.length, 5)
})

test('dns asks one question for all who ask it at the same time', {
  timeout: 120_000,
}, async (t) => {
  const waiting: (() => void)[] = []
  const there = await upstream(t, (asked) => {
    const bytes = packet.encode(address(asked, '192.0.2.1', 300))
    waiting.push(() => there.send(bytes, asked.from))
    return undefined
  })
  const { port, started } = await server(t, ...forward(there.port), '--forward-timeout', '30')
  const answers = Array.from({ length: 50 }, () => ask(port, 'a.example.net', 'A'))
  await waitFor('the question', () => waiting[0])
  // All have been asked once this is answered, which comes after them.
  await ask(port, 'a.example.net', 'A', { flags: 0 })
  waiting[0]?.()
  for (const { answers: records } of await Promise.all(answers)) assert.equal(records?.length, 1)
  assert.equal(there.asked.length, 1)
  await started.stop()
})

test('dns asks from a port and with an id that nobody knows before', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 0))
  const { port } = await server(t, ...forward(there.port))
  for (let n = 0; n < 30; n += 1) await ask(port, `${n}.example.net`, 'A')
  const ids = new Set(there.asked.map(({ message }) => message.id))
  const ports = new Set(there.asked.map(({ from }) => from.port))
  assert.ok(ids.size > 25)
  assert.ok(ports.size > 20)
})

test('dns believes no answer to another question or id, and asks by TCP where many come', {
  timeout: 120_000,
}, async (t) => {
  let strays = 1
  const there = await upstream(t, (asked) => {
    const right = address(asked, asked.isStream ? '192.0.2.2' : '192.0.2.1', 0)
    if (asked.isStream) return right
    const wrong = (more: object): void =>
      there.send(packet.encode({ ...address(asked, '203.0.113.66', 300), ...more }), asked.from)
    for (let n = 0; n < strays; n += 1) {
      wrong({ id: ((asked.message.id as number) + 1 + n) % 65_536 })
    }
    wrong({ questions: [{ name: 'b.example.net', type: 'A' }] })
    wrong({ type: 'query' })
    return right
  })
  const { port } = await server(t, ...forward(there.port))
  const first = await ask(port, 'a.example.net', 'A')
  assert.deepEqual(told(first.answers), ['a.example.net A 192.0.2.1'])
  strays = 20
  const second = await ask(port, 'a.example.net', 'A')
  assert.deepEqual(told(second.answers), ['a.example.net A 192.0.2.2'])
})

test('dns asks the next server when one is silent, refuses, fails or talks garbage', {
  timeout: 120_000,
}, async (t) => {
  const good = await upstream(t, (asked) => address(asked, '192.0.2.1', 0))
  for (const [what, bad] of [
    ['silent', () => undefined],
    ['refuses', (asked) => answerTo(asked, { flags: 5 })],
    ['fails', (asked) => answerTo(asked, { flags: 2 })],
    [
      'garbage',
      (asked) => {
        const bytes = packet.encode(address(asked, '192.0.2.9', 300))
        return bytes.subarray(0, bytes.length - 2)
      },
    ],
  ] as [string, Parameters<typeof upstream>[1]][]) {
    const first = await upstream(t, bad)
    const words = [...forward(first.port, good.port), '--forward-timeout', '0.5']
    const { port, started } = await server(t, ...words)
    const { answers } = await ask(port, 'a.example.net', 'A')
    assert.deepEqual(told(answers), ['a.example.net A 192.0.2.1'], what)
    assert.ok(first.asked.length > 0)
    await started.stop()
  }
})

test('dns goes on when a server can not even be sent to', { timeout: 120_000 }, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 0))
  // Nobody may send to all without saying so, and there is no route to documentation.
  const words = ['--forward', '255.255.255.255', '--forward', '2001:db8::1']
  const { port } = await server(t, ...words, ...forward(there.port), '--forward-timeout', '0.5')
  const { answers } = await ask(port, 'a.example.net', 'A')
  assert.deepEqual(told(answers), ['a.example.net A 192.0.2.1'])
})

test('dns counts what it does, for whoever asks', { timeout: 120_000 }, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 300))
  const { port, started } = await server(t, ...forward(there.port), '--zone', zoneFile(t))
  for (const name of ['a.example.net', 'a.example.net', 'web.example.org', 'no.example.org']) {
    await ask(port, name, 'A')
  }
  const service = [...(started.service as MultiService)].find(({ name }) => name === 'answers')
  const counted = [...(service?.metrics?.() ?? [])].map(({ name, value, labels = {} }) =>
    [name, ...Object.values(labels), value].join(' '),
  )
  assert.deepEqual(counted, [
    'dns_queries_total udp 4',
    'dns_queries_total tcp 0',
    'dns_responses_total NOERROR 3',
    'dns_responses_total NXDOMAIN 1',
    'dns_zone_serial example.org. 2026010101',
    'dns_cache_hits_total 1',
    'dns_forwarded_total 1',
    'dns_forward_failures_total 0',
    'dns_cache_entries 1',
    'dns_waiting 0',
  ])
  assert.deepEqual(service?.describe?.().details, {
    'zone example.org.': 'serial 2026010101',
    'answers remembered': 1,
  })
})

test('dns says SERVFAIL when nobody answers, and asks anew a second later', {
  timeout: 120_000,
}, async (t) => {
  const at = await freePort()
  const { port } = await server(t, ...forward(at), '--forward-timeout', '0.2')
  assert.equal((await ask(port, 'a.example.net', 'A')).rcode, 'SERVFAIL')
  await upstream(t, (asked) => address(asked, '192.0.2.1', 300), at)
  let rcode = ''
  while (rcode !== 'NOERROR') rcode = (await ask(port, 'a.example.net', 'A')).rcode
})

test('dns fetches a long answer by TCP, and asks servers from before EDNS without it', {
  timeout: 120_000,
}, async (t) => {
  const name = 'big.example.net'
  const answers = Array.from({ length: 90 }, (_, n) => ({
    ...{ type: 'A' as const, name, ttl: 300, data: `192.0.2.${n}` },
  }))
  const there = await upstream(t, (asked) => {
    const hasEdns = asked.message.additionals?.some(({ type }) => type === 'OPT')
    if (hasEdns) return answerTo(asked, { flags: 1 })
    if (!asked.isStream) return answerTo(asked, { flags: packet.TRUNCATED_RESPONSE })
    return answerTo(asked, { answers })
  })
  const { port } = await server(t, ...forward(there.port))
  const short = await ask(port, name, 'A', edns())
  assert.equal(short.flag_tc, true)
  assert.ok(there.asked.some(({ isStream }) => isStream))
})

test('a server from before EDNS may say so by a header alone, or that it fails', {
  timeout: 120_000,
}, async (t) => {
  const only = ({ bytes }: Asked, rcode: number): Buffer =>
    Buffer.from([bytes[0] ?? 0, bytes[1] ?? 0, 0x80, rcode, ...Array<number>(8).fill(0)])
  const old = await upstream(t, (asked) => {
    const { additionals, questions = [] } = asked.message
    if (questions[0]?.name === 'fails.example.net') return only(asked, 2)
    return additionals?.length === 0 ? address(asked, '192.0.2.1', 300) : only(asked, 1)
  })
  const { port } = await server(t, ...forward(old.port))
  assert.deepEqual(told((await ask(port, 'a.example.net', 'A', edns())).answers), [
    'a.example.net A 192.0.2.1',
  ])
  assert.equal(old.asked.length, 2)
  assert.equal((await ask(port, 'fails.example.net', 'A')).rcode, 'SERVFAIL')
})

test('dns that is told to ask itself ends that, and says SERVFAIL', {
  timeout: 120_000,
}, async (t) => {
  const at = await freePort()
  const words = ['--forward', `127.0.0.1:${at}`, '--forward-timeout', '0.2']
  const { port } = await server(t, '--listen', `udp:${at}:interface=127.0.0.1`, ...words)
  assert.equal((await ask(port, 'a.example.net', 'A')).rcode, 'SERVFAIL')
})

test('dns asks others for its own networks only, and says who may not', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 300))
  const words = [...forward(there.port), '--zone', zoneFile(t)]
  const { port } = await server(t, ...words, '--allow-recursion', '192.0.2.0/24')
  const refused = await ask(port, 'a.example.net', 'A')
  assert.deepEqual([refused.rcode, refused.flag_ra], ['REFUSED', false])
  const ours = await ask(port, 'web.example.org', 'A')
  assert.deepEqual([ours.rcode, ours.flag_ra], ['NOERROR', false])
  assert.equal(there.asked.length, 0)
})

test('who comes by a UNIX socket is on this machine: others are asked, and zones are given', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 300))
  const path = join(tempDir(t), 'dns.sock')
  const zones = ['--zone', zoneFile(t), '--allow-transfer', 'loopback']
  const started = await startService(dns, [
    ...['--listen', `unix:${path}`, ...zones, ...forward(there.port)],
  ])
  t.after(() => started.stop())
  const asked = [query('a.example.net', 'A'), query('example.org', 'AXFR')].map(framed)
  const [one, all] = (await sendStream(path, ...asked))
    .map(decode)
    .sort((a, b) => (a.answers ?? []).length - (b.answers ?? []).length)
  assert.deepEqual(told(one?.answers), ['a.example.net A 192.0.2.1'])
  assert.match(told(all?.answers)[0] ?? '', /^example\.org SOA /)
})

test('dns goes on at other servers where an alias of a zone leads to them, or a delegation', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => {
    const name = asked.message.questions?.[0]?.name as string
    const data = { type: 'CNAME' as const, name, ttl: 300, data: `real.${name}` }
    return answerTo(asked, {
      answers: [data, { type: 'A', name: `real.${name}`, ttl: 300, data: '198.51.100.1' }],
    })
  })
  const { port } = await server(t, ...forward(there.port), '--zone', zoneFile(t))
  const outside = await ask(port, 'ext.example.org', 'A')
  assert.equal(outside.flag_aa, true)
  assert.deepEqual(told(outside.answers), [
    'ext.example.org CNAME www.example.net',
    'www.example.net CNAME real.www.example.net',
    'real.www.example.net A 198.51.100.1',
  ])
  const below = await ask(port, 'host.sub.example.org', 'A')
  assert.equal(told(below.answers).at(-1), 'real.host.sub.example.org A 198.51.100.1')
})

test('dns answers from a hosts file before it asks others, both ways round', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '203.0.113.1', 300))
  const hosts = join(tempDir(t), 'hosts')
  writeFileSync(
    hosts,
    '# ours\n192.0.2.5 Printer printer.lan # the one\n2001:db8::5\tprinter\nnonsense here\n::1 me\n',
  )
  const { port, started } = await server(t, '--hosts-file', hosts, ...forward(there.port))
  const cases: [name: string, type: string, answers: string[]][] = [
    ['printer', 'A', ['printer A 192.0.2.5']],
    ['PRINTER.lan', 'A', ['PRINTER.lan A 192.0.2.5']],
    ['printer', 'AAAA', ['printer AAAA 2001:db8::5']],
    ['printer.lan', 'AAAA', []],
    ['5.2.0.192.in-addr.arpa', 'PTR', ['5.2.0.192.in-addr.arpa PTR Printer']],
    ['other.lan', 'A', ['other.lan A 203.0.113.1']],
  ]
  for (const [name, type, answers] of cases) {
    assert.deepEqual(told((await ask(port, name, type)).answers), answers, name)
  }
  assert.equal(there.asked.length, 1)
  await started.line(/left out .*hosts:4: nonsense is no address/)
})

test('dns says of no name of its hosts file that it is not there, whatever is asked of it', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) =>
    answerTo(asked, { flags: 3, authorities: [{ ...soa, name: 'lan' }] } as Packet),
  )
  const hosts = join(tempDir(t), 'hosts')
  writeFileSync(hosts, '192.0.2.5 printer.lan\n')
  const zone = zoneFile(t, '@ SOA ns h 1 1 1 1 1\n NS ns\nscan CNAME printer.lan.\n')
  const words = ['--hosts-file', hosts, '--zone', zone]
  const alone = await server(t, ...words)
  const both = await server(t, ...words, ...forward(there.port))
  for (const { port } of [alone, both]) {
    for (const type of ['MX', 'SRV', 'TXT']) {
      const { rcode, answers } = await ask(port, 'printer.lan', type)
      assert.deepEqual([rcode, answers], ['NOERROR', []], type)
    }
    assert.deepEqual(told((await ask(port, 'printer.lan', 'ANY')).answers), [
      'printer.lan A 192.0.2.5',
    ])
    // An alias of a zone leads there, too.
    const alias = 'scan.example.org CNAME printer.lan'
    const followed = await ask(port, 'scan.example.org', 'A')
    assert.deepEqual(told(followed.answers), [alias, 'printer.lan A 192.0.2.5'])
    const without = await ask(port, 'scan.example.org', 'MX')
    assert.deepEqual([without.rcode, told(without.answers)], ['NOERROR', [alias]])
  }
  assert.equal((await ask(alone.port, 'other.lan', 'A')).rcode, 'REFUSED')
  assert.equal((await ask(both.port, 'other.lan', 'A')).rcode, 'NXDOMAIN')
})
