import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { loadZones, type ZoneError } from '@runnerd/dns'
import fc from 'fast-check'
import { ask, server, told, zoneFile } from './ask.ts'

const HEAD = '@ SOA ns hostmaster 1 1h 15m 1w 5m\n@ NS ns\nns A 192.0.2.1\n'

test('a master file says things in many ways: origins, times, owners, classes, escapes', async (t) => {
  // It begins with what some editors put there.
  const text = `\ufeff$ORIGIN example.org.
$TTL 2h
${HEAD}
a 5 IN A 192.0.2.2
  IN 6 AAAA 2001:db8::2
b IN 1m30s A ( 192.0.2.3
  ) ; here it ends
$ORIGIN deep.example.org.
c A 192.0.2.4
\\097\\.b A 192.0.2.5
$ORIGIN below
d A 192.0.2.6
e.example.org. TXT "quo\\"ted" plain \\065bc ""\r
@ TXT "it is the origin"
F CLASS1 TYPE1 \\# 4 c0000207
; as dig prints it at the end of a transfer
example.org. 7200 IN SOA ns.example.org. hostmaster.example.org. 1 3600 900 604800 300
`
  const { port } = await server(t, '--zone', zoneFile(t, text, 'any.name'))
  const cases: [name: string, type: string, data: string, ttl: number][] = [
    ['a.example.org', 'A', '192.0.2.2', 5],
    ['a.example.org', 'AAAA', '2001:db8::2', 6],
    ['b.example.org', 'A', '192.0.2.3', 90],
    ['c.deep.example.org', 'A', '192.0.2.4', 7200],
    ['d.below.deep.example.org', 'A', '192.0.2.6', 7200],
    ['e.example.org', 'TXT', 'quo"ted plain Abc ', 7200],
    ['below.deep.example.org', 'TXT', 'it is the origin', 7200],
    ['f.below.deep.example.org', 'A', '192.0.2.7', 7200],
  ]
  for (const [name, type, data, ttl] of cases) {
    const { answers = [] } = await ask(port, name, type)
    assert.deepEqual(told(answers), [`${name} ${type} ${data}`])
    assert.equal((answers[0] as { ttl: number }).ttl, ttl)
  }
})

test('what is written in words of its own is on the wire what it is in the file', (t) => {
  // By RFC 1876, which has the first, RFC 7043, 4398, 4034, 3597, and 9460 with its appendix D.
  const sha1 = '000102030405060708090a0b0c0d0e0f10111213'
  const cases = [
    ['LOC 42 21 54 N 71 06 18 W -24m 30m', '0033161389172dd070be15f000988d20'],
    ['LOC 90 S 180 E 42849672.95 90000000.00m 0 5', '009900526cb02700a69fb200ffffffff'],
    ['EUI48 00-00-5E-00-53-2a', '00005e00532a'],
    ['EUI64 00-00-5e-ef-10-00-00-2a', '00005eef1000002a'],
    ['CERT PKIX 2 dsa AQID', '0001000203010203'],
    ['CERT 3 2 3 AQID', '0003000203010203'],
    [`DS 1 RSASHA256 1 ${sha1}`, `00010801${sha1}`],
    ['CDS 0 0 0 00', '0000000000'],
    [`TYPE43 \\# 24 00010801 ${sha1}`, `00010801${sha1}`],
    ['TYPE15 \\# 8 000a 04 6d61696c 00', '000a046d61696c00'],
    ['TYPE65 \\# 10 0001 00 0001 0003 026832', '00010000010003026832'],
    ['NAPTR \\# 8 0001 0002 00 00 00 00', '0001000200000000'],
    ['TXT \\# 3 00 01 41', '000141'],
    ['DNSKEY 256 3 ECDSAP256SHA256 AQID', '0100030d010203'],
    ['HTTPS 1 . ech=AEX+DQ==', '000100000500040045fe0d'],
    ['HTTPS 1 . ech="AEX+DQ=="', '000100000500040045fe0d'],
    ['SVCB 16 . alpn="f\\\\\\\\oo\\\\,bar,h2"', '0010000001000c08665c6f6f2c626172026832'],
    ['SVCB 16 . alpn=f\\\\\\092oo\\092,bar,h2', '0010000001000c08665c6f6f2c626172026832'],
    ['SVCB 1 . key65400= port=80', '000100000300020050ff780000'],
    ['SVCB 1 . key3=\\000\\080', '000100000300020050'],
    ['SVCB 1 . dohpath=/q{?dns}', '000100000700082f717b3f646e737d'],
    ['SVCB 1 . alpn=h2 mandatory=alpn', '00010000000002000100010003026832'],
  ] as const
  for (const [text, wire] of cases) {
    const [zone] = loadZones([zoneFile(t, `${HEAD}x ${text}\n`)])
    const [rdata] = [...(zone?.rrsets() ?? [])].at(-1)?.rdatas ?? []
    const bytes = rdata?.map((part) => ('wire' in part ? part.wire : part))
    assert.equal(Buffer.concat(bytes ?? []).toString('hex'), wire, text)
  }
  for (const [text, reason] of [
    ['LOC 91 N 0 E 0', '91 N is no place on the earth'],
    ['LOC 1 60 N 1 E 0', '1 60 N is no place on the earth'],
    ['LOC 1 1 1 1 N 1 E 0', '1 is not N or S, nor a number before it'],
    ['LOC 1 N 1 E', 'an altitude is missing at the end'],
    ['LOC 1 N 1 E -100001', 'an altitude is from -100000m to 42849672.95m'],
    ['LOC 1 N 1 E 0 -1', 'a size is not below 0'],
    ['LOC 1 N 1 E 0 1 1 1 1', '1 is too much'],
    ['CERT PGPX 0 0 AQID', 'PGPX is no number'],
    ['DS 1 PKIX 1 01', 'PKIX is no number'],
    ['HTTPS 1 . ech=AEX+DQ', 'AEX+DQ is not base64'],
    ['EUI48 00-00-5e-00-53', '00-00-5e-00-53 is not of the form 00-00-5e-…'],
    ['DS 1 8 2 0102', 'a digest of type 2 has 32 bytes and not 2'],
    ['CDS 1 8 1 0102', 'a digest of type 1 has 20 bytes and not 2'],
    ['DS \\# 5 0001080401', 'a digest of type 4 has 48 bytes and not 1'],
    ['SSHFP 4 2 0102', 'a digest of type 2 has 32 bytes and not 2'],
    ['ZONEMD 1 1 1 0102', 'a digest of type 1 has 48 bytes and not 2'],
    ['A \\# 3 010203', 'that is no record of type A'],
    ['MX \\# 2 000a', 'that is no record of type MX'],
    ['MX \\# 4 000a0000', 'that is no record of type MX'],
    ['TXT \\# 0', 'that is no record of type TXT'],
    ['TXT \\# 2 0241', 'that is no record of type TXT'],
    ['SVCB \\# 11 0001 00 0003 0000 0001 0000', 'that is no record of type SVCB'],
    ['SVCB 1 . port= alpn=h2', 'port needs a value'],
    ['SVCB 1 . mandatory=alpn', 'the parameter alpn is mandatory and not there'],
    ['SVCB 1 . mandatory=mandatory', 'mandatory is not mandatory itself'],
    ['SVCB 1 . mandatory=port,port port=1', 'mandatory names port twice'],
    ['SVCB 1 . alpn=a\\\\b', 'a \\ in the value of alpn takes a comma or another \\'],
  ] as const) {
    assert.throws(
      () => loadZones([zoneFile(t, `${HEAD}x ${text}\n`)]),
      ({ message }: Error) => message.endsWith(`:4: ${reason}`),
      text,
    )
  }
})

test('a zone is called what --zone says, or its file', async (t) => {
  for (const [name, word] of [
    ['example.org', (path: string) => path],
    ['example.net', (path: string) => `example.net=${path}`],
    ['example.com', (path: string) => join(dirname(path), `example.com=${path}`)],
    ['0/25.2.0.192.in-addr.arpa', (path: string) => `0/25.2.0.192.in-addr.arpa=${path}`],
  ] as const) {
    const { port } = await server(t, '--zone', word(zoneFile(t, HEAD)))
    assert.deepEqual(told((await ask(port, `ns.${name}`, 'A')).answers), [`ns.${name} A 192.0.2.1`])
  }
  const other = zoneFile(t, `$ORIGIN example.edu.\n${HEAD}`)
  assert.throws(
    () => loadZones([`example.com=${other}`]),
    ({ message }: Error) =>
      message.endsWith(':2: the SOA record is of example.edu., and --zone says example.com.'),
  )
})

test('all that is wrong in zones is told at once, each with its file and line', async (t) => {
  const path = zoneFile(
    t,
    `${HEAD}a A 192.0.2.999
b MX mail
c TXT "no end
d A 192.0.2.1 )
e CNAME f
e A 192.0.2.1
h.example.net. A 192.0.2.1
i NONE x
j IN
k 99999999999 A 192.0.2.1
${'l'.repeat(64)} A 192.0.2.1
m..n A 192.0.2.1
o CH A 192.0.2.1
$GENERATE 1-5 p A 192.0.2.1
@ SOA ns hostmaster 1 1 1 1 1
q TXT \\999
r TYPE4 \\# 3 01
s AXFR x
t TXT ${Array(300).fill('u'.repeat(250)).join(' ')}
`,
  )
  const other = zoneFile(t, 'x ( y', 'example.net.zone')
  const failed = server(t, '--zone', path, '--zone', other)
  await assert.rejects(failed, (error: ZoneError) => {
    assert.equal(error.code, 'ERR_ZONE_INVALID')
    assert.equal(error.exitStatus, 78)
    assert.equal(error.message, `cannot use zone ${path}:4: 192.0.2.999 is no IPv4 address`)
    const lines = error.faults.filter((each) => each.path === path).map(({ line }) => line)
    const expected = Array.from({ length: 19 }, (_, n) => n + 4).filter((line) => line !== 8)
    assert.deepEqual(
      lines.sort((a, b) => a - b),
      expected,
    )
    assert.deepEqual(
      error.faults.filter((each) => each.path === other).map(({ line }) => line),
      [1, 1],
    )
    assert.match(error.hint ?? '', new RegExp(`^also ${path}:5: mail is no number; `))
    return true
  })
})

test('$INCLUDE takes files of the directory, and none elsewhere, and not for ever', async (t) => {
  const path = zoneFile(t, `${HEAD}$INCLUDE more/hosts below\nx A 192.0.2.9\n`)
  const directory = dirname(path)
  mkdirSync(join(directory, 'more'))
  writeFileSync(join(directory, 'more', 'hosts'), 'h A 192.0.2.8\n$ORIGIN elsewhere\n')
  const { port } = await server(t, '--zone', path)
  assert.equal((await ask(port, 'h.below.example.org', 'A')).answers?.length, 1)
  assert.equal((await ask(port, 'x.example.org', 'A')).answers?.length, 1)
  symlinkSync('/etc/hostname', join(directory, 'link'))
  symlinkSync(path, join(directory, 'link2'))
  writeFileSync(join(directory, 'more', 'ring'), '$INCLUDE ../link2\n')
  for (let n = 1; n < 12; n += 1) {
    writeFileSync(join(directory, 'more', `${n}`), `$INCLUDE ${n + 1}\n`)
  }
  for (const [line, reason] of [
    ['$INCLUDE /etc/hostname', /cannot include \/etc\/hostname: it is not below/],
    ['$INCLUDE ../x', /:4: cannot include \.\.\/x: no such file/],
    ['$INCLUDE link', /cannot include link: it is not below/],
    ['$INCLUDE more', /cannot include more: it is no file/],
    ['$INCLUDE more/ring', /more\/ring:1: cannot include \.\.\/link2: it would include itself\n/],
    ['nonsense\n$INCLUDE example.org.zone', /^[^;]*:5: [^;]*itself\s*$/],
    ['$INCLUDE more/1', /\/more\/10:1: files include each other more than 10 deep/],
  ] as const) {
    writeFileSync(path, `${HEAD}${line}\n`)
    await assert.rejects(server(t, '--zone', path), (error: ZoneError) => {
      assert.match([error.message, error.hint].join('\n'), reason)
      return true
    })
  }
})

test('no text makes more of the reader of zones than faults', (t) => {
  const word = fc.oneof(
    ...[';', '(', ')', '"', '\\', '@', '\n', ' ', '$TTL', '$ORIGIN', 'A', 'IN', 'TXT', 'SVCB'].map(
      (each) => fc.constant(each),
    ),
    ...['\\# 4', 'x.', '1h', '.', '\\255', '0', 'alpn=h2', 'CNAME', 'SOA', 'LOC', 'N'].map((each) =>
      fc.constant(each),
    ),
    fc.string({ maxLength: 12, unit: 'binary' }),
  )
  const texts = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '))
  const path = zoneFile(t)
  fc.assert(
    fc.property(texts, (text) => {
      writeFileSync(path, text)
      try {
        loadZones([path])
      } catch (error) {
        assert.equal((error as ZoneError).code, 'ERR_ZONE_INVALID')
      }
    }),
    { numRuns: 150 },
  )
})
