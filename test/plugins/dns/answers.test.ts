import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import {
  ask,
  decode,
  edns,
  framed,
  query,
  sendDatagram,
  sendStream,
  server,
  told,
  zoneFile,
} from './ask.ts'

const SOA = 'example.org SOA ns1.example.org hostmaster.example.org 2026010101 3600 900 604800 300'

test('dns answers from a zone: each kind of record, aliases, wildcards, what is not there', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const cases: [question: string, rcode: string, answers: string[], authority?: string[]][] = [
    ['example.org A', 'NOERROR', ['example.org A 192.0.2.10']],
    ['example.org MX', 'NOERROR', ['example.org MX 10 mail.example.org']],
    ['example.org TXT', 'NOERROR', ['example.org TXT v=spf1 -all a ; b']],
    ['example.org CAA', 'NOERROR', ['example.org CAA 0 issue ca.example.net false']],
    ['ns1.example.org AAAA', 'NOERROR', ['ns1.example.org AAAA 2001:db8::1']],
    ['10.example.org PTR', 'NOERROR', ['10.example.org PTR web.example.org']],
    [
      '_http._tcp.example.org SRV',
      'NOERROR',
      ['_http._tcp.example.org SRV 0 5 80 web.example.org'],
    ],
    ['example.org SOA', 'NOERROR', [SOA]],
    [
      ...(['www.example.org A', 'NOERROR'] as const),
      ['www.example.org CNAME web.example.org', 'web.example.org A 192.0.2.80'],
    ],
    ['www.example.org CNAME', 'NOERROR', ['www.example.org CNAME web.example.org']],
    ['www.example.org MX', 'NOERROR', ['www.example.org CNAME web.example.org'], [SOA]],
    ['ext.example.org A', 'NOERROR', ['ext.example.org CNAME www.example.net']],
    ['gone.example.org A', 'NXDOMAIN', ['gone.example.org CNAME nowhere.example.org'], [SOA]],
    ['x.wild.example.org TXT', 'NOERROR', ['x.wild.example.org TXT wild']],
    ['a.b.wild.example.org MX', 'NOERROR', ['a.b.wild.example.org MX 5 mail.example.org']],
    ['x.wild.example.org A', 'NOERROR', [], [SOA]],
    ['*.wild.example.org TXT', 'NOERROR', ['*.wild.example.org TXT wild']],
    // What is between names is there, and no wildcard reaches below what is there.
    ['sub.wild.example.org TXT', 'NOERROR', [], [SOA]],
    ['x.sub.wild.example.org TXT', 'NXDOMAIN', [], [SOA]],
    ['ent.example.org A', 'NOERROR', [], [SOA]],
    [
      ...(['y.alias.example.org A', 'NOERROR'] as const),
      ['y.alias.example.org CNAME web.example.org', 'web.example.org A 192.0.2.80'],
    ],
    ['mail.example.org AAAA', 'NOERROR', [], [SOA]],
    ['nowhere.example.org A', 'NXDOMAIN', [], [SOA]],
    ['sub.example.org DS', 'NOERROR', [], [SOA]],
    [
      ...(['x.old.example.org A', 'NOERROR'] as const),
      [
        'old.example.org DNAME new.example.org',
        'x.old.example.org CNAME x.new.example.org',
        'x.new.example.org A 192.0.2.77',
      ],
    ],
    ['example.org HINFO', 'NOERROR', [], [SOA]],
    ['odd.example.org UNKNOWN_65280', 'NOERROR', ['odd.example.org UNKNOWN_65280 010203']],
  ]
  for (const [question, rcode, answers, authority = []] of cases) {
    const [name = '', type = ''] = question.split(' ')
    const answer = await ask(port, name, type)
    const seen = [answer.rcode, told(answer.answers), told(answer.authorities), answer.flag_aa]
    assert.deepEqual(seen, [rcode, answers, authority, true], question)
    assert.equal(answer.flag_ra, false)
  }
})

test('dns tells of negative answers for as long as the SOA says, and ends an alias of itself', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const { authorities = [] } = await ask(port, 'nowhere.example.org', 'A')
  assert.equal((authorities[0] as { ttl: number }).ttl, 300)
  const { answers, rcode } = await ask(port, 'one.example.org', 'A')
  assert.equal(rcode, 'NOERROR')
  assert.deepEqual(told(answers), [
    'one.example.org CNAME two.example.org',
    'two.example.org CNAME one.example.org',
  ])
})

test('dns refers to those who serve what is below, with their addresses, and without AA', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  for (const name of ['sub.example.org', 'host.sub.example.org', 'ns.sub.example.org']) {
    const answer = await ask(port, name, 'A')
    assert.equal(answer.rcode, 'NOERROR')
    assert.equal(answer.flag_aa, false)
    assert.deepEqual(told(answer.answers), [])
    assert.deepEqual(told(answer.authorities), [
      'sub.example.org NS ns.sub.example.org',
      'sub.example.org NS ns.example.net',
    ])
    assert.deepEqual(told(answer.additionals), ['ns.sub.example.org A 192.0.2.53'])
  }
})

test('dns sends addresses along with MX, SRV and NS, and one record for ANY', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const mx = await ask(port, 'example.org', 'MX')
  assert.deepEqual(told(mx.additionals), ['mail.example.org A 192.0.2.25'])
  const ns = await ask(port, 'example.org', 'NS')
  assert.deepEqual(told(ns.additionals), [
    'ns1.example.org A 192.0.2.1',
    'ns1.example.org AAAA 2001:db8::1',
  ])
  const any = await ask(port, 'example.org', 'ANY')
  assert.deepEqual(told(any.answers), ['example.org HINFO RFC8482 '])
})

test('dns writes names as they were asked for, and knows them however they are written', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const asked = query('wEb.ExAmPle.oRg', 'A')
  const answer = await sendDatagram(port, asked)
  assert.ok(answer.subarray(12).includes(asked.subarray(12)))
  assert.deepEqual(told(decode(answer).answers), ['wEb.ExAmPle.oRg A 192.0.2.80'])
  // The same again, from what was written once.
  assert.deepEqual(told((await ask(port, 'WEB.example.org', 'A')).answers), [
    'WEB.example.org A 192.0.2.80',
  ])
})

test('dns speaks EDNS of version 0, and no datagram is longer than it may be', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const plain = await ask(port, 'web.example.org', 'A')
  assert.deepEqual(plain.additionals, [])
  const extended = await ask(port, 'web.example.org', 'A', edns(4096, packet.DNSSEC_OK))
  const [opt] = extended.additionals as unknown as Record<string, unknown>[]
  assert.equal(opt?.udpPayloadSize, 1232)
  assert.equal(opt?.flag_do, true)
  const later = await ask(port, 'web.example.org', 'A', edns(1232, 0, 1))
  const [badvers] = later.additionals as unknown as Record<string, unknown>[]
  assert.deepEqual([badvers?.extendedRcode, later.rcode, told(later.answers)], [1, 'NOERROR', []])
  const sizes: [more: object, name: string, isTruncated: boolean, longest: number][] = [
    [{}, 'big', true, 512],
    [edns(512), 'big', true, 512],
    [edns(100), 'big', true, 512],
    [edns(1232), 'big', true, 1232],
    [edns(65_535), 'big', true, 1232],
    [edns(1232), 'many', true, 1232],
  ]
  for (const [more, name, isTruncated, longest] of sizes) {
    const bytes = await sendDatagram(
      port,
      query(`${name}.example.org`, name === 'big' ? 'TXT' : 'A', more),
    )
    assert.ok(bytes.length <= longest)
    assert.equal(decode(bytes).flag_tc, isTruncated, name)
  }
  const [whole] = await sendStream(port, framed(query('big.example.org', 'TXT')))
  const { flag_tc, answers } = decode(whole as Buffer)
  assert.deepEqual([flag_tc, answers?.length], [false, 1])
})

test('dns says what is wrong with what is no query, and nothing to an answer', {
  timeout: 120_000,
}, async (t) => {
  const { port } = await server(t, '--zone', zoneFile(t))
  const asked = query('web.example.org', 'A', { id: 4242 })
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(asked)
    change(bytes)
    return bytes
  }
  const cases: [what: string, message: Buffer, rcode: string][] = [
    ['a header without a question', asked.subarray(0, 12), 'FORMERR'],
    ['no question', changed((bytes) => bytes.writeUInt16BE(0, 4)), 'FORMERR'],
    ['two questions', changed((bytes) => bytes.writeUInt16BE(2, 4)), 'FORMERR'],
    ['a name without an end', asked.subarray(0, 20), 'FORMERR'],
    ['a pointer in the question', changed((bytes) => bytes.writeUInt16BE(0xc00c, 12)), 'FORMERR'],
    ['a label that is too long', changed((bytes) => bytes.writeUInt8(64, 12)), 'FORMERR'],
    ['a record that is missing', changed((bytes) => bytes.writeUInt16BE(1, 10)), 'FORMERR'],
    ['another operation', changed((bytes) => bytes.writeUInt8(0x29, 2)), 'NOTIMP'],
    ['another class', changed((bytes) => bytes.writeUInt16BE(3, bytes.length - 2)), 'REFUSED'],
    ['a name elsewhere', query('example.net', 'A', { id: 4242 }), 'REFUSED'],
    ['a transfer', query('example.org', 'AXFR', { id: 4242 }), 'REFUSED'],
    ['a type of no records', query('example.org', 'UNKNOWN_253', { id: 4242 }), 'NOTIMP'],
  ]
  for (const [what, message, rcode] of cases) {
    const answer = decode(await sendDatagram(port, message))
    assert.deepEqual([answer.id, answer.rcode, answer.type], [4242, rcode, 'response'], what)
  }
  // Who is silent to an answer and to less than a header answers the next all the same.
  const silent = [changed((bytes) => bytes.writeUInt8(0x80, 2)), Buffer.alloc(11), Buffer.alloc(0)]
  for (const message of silent) {
    const answers = await sendStream(port, framed(asked), framed(message), framed(asked))
    assert.equal(answers.length, 1)
  }
})
