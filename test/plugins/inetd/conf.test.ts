import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Entry, mayAnswer, parseConf, RateLimit, ServicesFile } from '@runnerd/inetd'
import { Clock } from '@runnerd/testkit'
import fc from 'fast-check'

const services = new ServicesFile(`
# services(5)
echo		7/tcp
echo		7/udp
discard		9/tcp		sink null
discard		9/udp		sink null
ftp		21/tcp
tftp		69/udp
tftp		6969/udp	# the first counts
this is no service
`)

function entriesOf(text: string): readonly Entry[] {
  const { entries, faults } = parseConf(text, services)
  assert.deepEqual(faults, [])
  return entries
}

function faultsOf(text: string): string[] {
  return parseConf(text, services).faults.map(({ line, reason }) => `${line}: ${reason}`)
}

test('a file as Debian has it is read, with tabs, comments and labels', () => {
  const entries = entriesOf(`# /etc/inetd.conf:  see inetd(8) for further informations.
#
#:INTERNAL: Internal services
#echo		stream	tcp	nowait	root	internal
discard		stream	tcp	nowait	root	internal
sink		dgram	udp	wait	root	internal

#:STANDARD: These are standard services.
ftp		stream	tcp	nowait.40	root	/usr/sbin/tcpd	/usr/sbin/in.ftpd -l # no comment
#:BOOT: TFTP service is provided primarily for booting.
#<off># tftp	dgram	udp	wait	root	/usr/sbin/in.tftpd
tftp		dgram	udp4	wait	tftpd:nogroup	/usr/sbin/in.tftpd	in.tftpd
    --secure
\t/srv/tftp
`)
  assert.deepEqual(entries, [
    {
      ...{ line: 5, name: 'discard/tcp', protocol: 'tcp', hosts: ['*'], place: 9, wait: false },
      ...{ most: undefined, user: 'root', group: undefined },
      server: { kind: 'internal', name: 'discard' },
    },
    {
      ...{ line: 6, name: 'discard/udp', protocol: 'udp', hosts: ['*'], place: 9, wait: true },
      ...{ most: undefined, user: 'root', group: undefined },
      server: { kind: 'internal', name: 'discard' },
    },
    {
      ...{ line: 9, name: 'ftp/tcp', protocol: 'tcp', hosts: ['*'], place: 21, wait: false },
      ...{ most: 40, user: 'root', group: undefined },
      server: {
        kind: 'program',
        path: '/usr/sbin/tcpd',
        argv: ['/usr/sbin/in.ftpd', '-l', '#', 'no', 'comment'],
      },
    },
    {
      ...{ line: 12, name: 'tftp/udp4', protocol: 'udp4', hosts: ['*'], place: 69, wait: true },
      ...{ most: undefined, user: 'tftpd', group: 'nogroup' },
      server: {
        kind: 'program',
        path: '/usr/sbin/in.tftpd',
        argv: ['in.tftpd', '--secure', '/srv/tftp'],
      },
    },
  ])
})

test('hosts stand before the service, or on a line before it', () => {
  const rest = 'stream tcp nowait root /bin/cat'
  const entries = entriesOf(`ftp ${rest}
127.0.0.1:
ftp ${rest}
[::1]:ftp ${rest}
10.0.0.1,localhost:8021 ${rest}
*:8022 ${rest}
*:
8023 ${rest}
/run/cat:1.sock stream unix nowait root /bin/cat`)
  const places = entries.map(({ hosts, place }) => [hosts, place])
  assert.deepEqual(places, [
    [['*'], 21],
    [['127.0.0.1'], 21],
    [['::1'], 21],
    [['10.0.0.1', 'localhost'], 8021],
    [['*'], 8022],
    [['*'], 8023],
    [[], '/run/cat:1.sock'],
  ])
})

test('an internal service goes by the name of its port, or by the word after it', () => {
  const servers = entriesOf(`sink stream tcp nowait root internal
echo stream tcp4 nowait root internal internal
7007 stream tcp nowait nobody.nogroup internal chargen
8000 stream tcp nowait 65534:65534 /bin/cat`).map(({ server }) => server)
  assert.deepEqual(servers, [
    { kind: 'internal', name: 'discard' },
    { kind: 'internal', name: 'echo' },
    { kind: 'internal', name: 'chargen' },
    { kind: 'program', path: '/bin/cat', argv: ['cat'] },
  ])
})

for (const [line, reason] of [
  ['ftp stream tcp', 'it has 3 of the 6 fields'],
  ['ftp', 'it has 1 of the 6 fields'],
  ['nothing stream tcp nowait root /bin/cat', "/etc/services has no 'nothing' over tcp"],
  ['ftp dgram udp wait root /bin/cat', "/etc/services has no 'ftp' over udp"],
  ['0 stream tcp nowait root /bin/cat', 'there is no port 0'],
  ['65536 stream tcp nowait root /bin/cat', 'there is no port 65536'],
  ['ftp raw tcp nowait root /bin/cat', "the type must be stream or dgram, not 'raw'"],
  ['ftp stream udp nowait root /bin/cat', 'there is no stream over udp'],
  ['ftp dgram tcp wait root /bin/cat', 'there is no dgram over tcp'],
  ['/run/a dgram unix wait root /bin/cat', 'there is no dgram over unix'],
  ['run stream unix nowait root /bin/cat', "'run' is no absolute path"],
  ['ftp stream sctp nowait root /bin/cat', "there is no protocol 'sctp'"],
  ['rusersd/1-3 dgram rpc/udp wait root /bin/cat', 'there is no RPC here'],
  ['tcpmux/date stream tcp nowait root /bin/date', 'there is no TCPMUX here'],
  ['ftp stream tcp maybe root /bin/cat', 'it must say wait or nowait'],
  ['ftp stream tcp nowait.x root /bin/cat', 'it must say wait or nowait'],
  ['ftp stream tcp nowait .wheel /bin/cat', "'.wheel' is no user"],
  ['ftp stream tcp nowait -x /bin/cat', "'-x' is no user"],
  ['ftp stream tcp nowait root cat', "the program 'cat' is no absolute path"],
  ['ftp stream tcp nowait root internal', "there is no internal service 'ftp'"],
  ['echo stream tcp nowait root internal toString', "there is no internal service 'toString'"],
  ['8069 dgram udp nowait root /bin/cat', 'a program that gets datagrams gets the socket'],
  ['ftp stream tcp,window=3 nowait root /bin/cat', "'window=3' is no buffer size"],
  ['a b:ftp stream tcp nowait root /bin/cat', 'the type must be stream or dgram'],
  ['a/b:ftp stream tcp nowait root /bin/cat', "'a/b' is no host"],
  ['\u001b[31m stream tcp nowait root /bin/cat', "/etc/services has no '?[31m' over tcp"],
  ['ftp stream tcp nowait root /bin/cat \0', 'there is a NUL in it'],
] as const) {
  test(`${JSON.stringify(line)} is a fault`, () => {
    const [only = '', ...others] = faultsOf(`# first\n${line}\n`)
    assert.deepEqual(others, [])
    assert.ok(only.startsWith(`2: ${reason}`), only)
  })
}

test('all faults are found, and an entry by mistake in the arguments of another is one', () => {
  const text = `ftp stream tcp nowait root /bin/cat
  echo stream tcp nowait root internal
ftp
echo stream tcp nowait root internal
x stream tcp nowait root /bin/cat`
  assert.deepEqual(
    faultsOf(text).map((fault) => Number.parseInt(fault, 10)),
    [2, 3, 5],
  )
  assert.match(faultsOf(text)[0] ?? '', /begins with a space, and so it would go on with line 1/)
})

test("a buffer size is a remark, since Node can't set it", () => {
  const text = 'ftp stream tcp,rcvbuf=64k,sndbuf=1m nowait root /bin/cat'
  const { entries, remarks } = parseConf(text, services)
  assert.equal(entries[0]?.name, 'ftp/tcp')
  assert.deepEqual(
    remarks.map(({ reason }) => reason),
    [
      "rcvbuf=64k is left to the system: Node can't set it",
      "sndbuf=1m is left to the system: Node can't set it",
    ],
  )
})

test('whatever is in a file, it is entries and faults, each of a line of it', () => {
  const word = fc.oneof(
    fc.constantFrom('ftp', '7', '*:echo', ':', 'stream', 'dgram', 'tcp', 'udp6', 'unix', 'wait'),
    fc.constantFrom('nowait.3', 'root', 'a.b', '/bin/cat', 'internal', '#', '\0', 'tcp,sndbuf=1'),
    fc.string({ maxLength: 12 }),
  )
  const line = fc.tuple(fc.constantFrom('', ' ', '\t'), fc.array(word, { maxLength: 9 }))
  const file = fc.array(line.map(([first, words]) => first + words.join(' ')))
  fc.assert(
    fc.property(file, fc.constantFrom('\n', '\r\n'), (lines, end) => {
      const text = lines.join(end)
      const { entries, faults } = parseConf(text, services)
      const count = text.split('\n').length
      for (const { line } of [...entries, ...faults]) assert.ok(line >= 1 && line <= count)
      for (const { place } of entries) assert.ok(typeof place === 'string' || place > 0)
      for (const { reason } of faults) assert.match(reason, /^[\x20-\x7e…]+$/)
    }),
    { numRuns: 2000 },
  )
})

test('an entry that is written out is read as it was meant', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/)
  const argument = fc.stringMatching(/^[!-~]{1,9}$/)
  const entry = fc.record({
    port: fc.integer({ min: 1, max: 65_535 }),
    protocol: fc.constantFrom('tcp', 'tcp4', 'tcp6', 'tcp46'),
    wait: fc.boolean(),
    most: fc.option(fc.integer({ min: 0, max: 999_999_999 }), { nil: undefined }),
    user: name,
    group: fc.option(name, { nil: undefined }),
    path: fc.stringMatching(/^\/[!-~]{1,9}$/),
    argv: fc.array(argument, { minLength: 1, maxLength: 4 }),
    space: fc.constantFrom(' ', '\t', '\t\t', ' \t'),
  })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (written) => {
      const lines = written.map((each) => {
        const often = each.most === undefined ? '' : `.${each.most}`
        const who = each.group === undefined ? each.user : `${each.user}:${each.group}`
        const wait = `${each.wait ? '' : 'no'}wait${often}`
        const words = [each.port, 'stream', each.protocol, wait, who, each.path, ...each.argv]
        return words.join(each.space)
      })
      const read = entriesOf(lines.join('\n')).map(
        ({ place, protocol, wait, most, user, group, server }) => ({
          ...{ port: place, protocol, wait, most, user, group },
          ...(server.kind === 'program' ? { path: server.path, argv: server.argv } : {}),
        }),
      )
      assert.deepEqual(
        read,
        written.map(({ space: _, ...rest }) => rest),
      )
    }),
  )
})

test('a program is started so often in a minute, and then not for ten', async () => {
  const clock = new Clock()
  const limit = new RateLimit(3, clock)
  const take = (): string => limit.take()
  assert.deepEqual([take(), take(), take()], ['ok', 'ok', 'ok'])
  await clock.advance(61)
  assert.deepEqual([take(), take(), take(), take()], ['ok', 'ok', 'ok', 'looping'])
  assert.deepEqual([take(), limit.offFor], ['off', 600])
  await clock.advance(599)
  assert.equal(take(), 'off')
  await clock.advance(1)
  assert.deepEqual([take(), limit.offFor], ['ok', 0])
  const any = new RateLimit(0, clock)
  assert.ok(Array.from({ length: 1000 }, () => any.take()).every((each) => each === 'ok'))
})

for (const [address, port, may] of [
  ['192.0.2.1', 40_000, true],
  ['::ffff:192.0.2.1', 40_000, true],
  ['2001:db8::1', 40_000, true],
  ['192.0.2.1', 7, false],
  ['192.0.2.1', 53, false],
  ['192.0.2.1', 1023, false],
  ['192.0.2.1', 2049, false],
  ['192.0.2.1', 7007, false],
  ['0.0.0.0', 40_000, false],
  ['255.255.255.255', 40_000, false],
  ['::ffff:224.0.0.1', 40_000, false],
  ['ff02::1', 40_000, false],
  ['::', 40_000, false],
] as const) {
  test(`a datagram from ${address}, port ${port} is ${may ? '' : 'not '}answered`, () => {
    assert.equal(mayAnswer(address, port, new Set([7007])), may)
  })
}
