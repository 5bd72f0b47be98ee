import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import { Rules } from '@runnerd/socks'
import fc from 'fast-check'

const none: readonly string[] = []

test('a proxy for this machine goes everywhere, one for others nowhere that is private', () => {
  const local = new Rules(none, none, true)
  const open = new Rules(none, none, false)
  for (const address of [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
    ...[
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '198.19.0.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:a00:1', '64:ff9b::a00:1'],
    ...['64:ff9b::127.0.0.1', '2002:7f00:1::', '2001:0:1::1', 'fc00::1', 'fdff::1'],
    ...['fe80::1', 'fe80::1%lo', 'ff02::1'],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '100::1', '2001:2::1', '2001:db8::1'],
    ...['3fff::1', '5f00::1', '::ffff:0:127.0.0.1', '::ffff:0:7f00:1'],
  ]) {
    assert.equal(open.allows(address, 80), false, address)
    assert.equal(local.allows(address, 80), true, address)
  }
  for (const address of [
    ...['1.1.1.1', '9.255.255.255', '11.0.0.1', '172.32.0.1', '192.167.0.1', '223.255.255.255'],
    ...['192.0.3.1', '198.51.99.1', '203.0.114.1', '2001:db9::1', '4000::1', '5f01::1'],
    ...['::ffff:1.1.1.1', '2606:4700::1111', '2001:4860:4860::8888'],
  ]) {
    assert.equal(open.allows(address, 80), true, address)
  }
})

test('what is denied is denied whatever is allowed, and what is allowed is all there is', () => {
  const rules = new Rules(
    ['public:80,443,8000-8080', '10.1.0.0/16', '[2001:db8::/32]:22', 'fd00::1'],
    ['10.1.2.0/24', 'any:8001', '1.1.1.1:443'],
    false,
  )
  for (const [address, port, isAllowed] of [
    ['8.8.8.8', 80, true],
    ['8.8.8.8', 81, false],
    ['8.8.8.8', 8000, true],
    ['8.8.8.8', 8001, false],
    ['8.8.8.8', 8080, true],
    ['8.8.8.8', 8081, false],
    ['1.1.1.1', 443, false],
    ['1.1.1.1', 80, true],
    ['10.1.3.4', 22, true],
    ['10.1.3.4', 8001, false],
    ['10.1.2.4', 22, false],
    ['::ffff:10.1.3.4', 22, true],
    ['::ffff:10.1.2.4', 22, false],
    ['10.2.0.1', 80, false],
    ['2001:db8:1::', 22, true],
    ['2001:db8:1::', 23, false],
    ['fd00::1', 1, true],
    ['fd00::2', 1, false],
    ['127.0.0.1', 80, false],
  ] as const) {
    assert.equal(rules.allows(address, port), isAllowed, `${address} ${port}`)
  }
  const local = new Rules(['private:80'], none, true)
  assert.equal(local.allows('127.0.0.1', 80), true)
  assert.equal(local.allows('127.0.0.1', 81), false)
  assert.equal(local.allows('8.8.8.8', 80), false)
  const fours = new Rules(none, ['::/0'], true)
  assert.equal(fours.allows('8.8.8.8', 80), true, 'a rule of IPv6 is none of IPv4')
  assert.equal(fours.allows('2001:db8::1', 80), false)
})

test('a rule that is none is a usage error that names the option and the part', () => {
  for (const [text, reason] of [
    ['', '"" is no address or network'],
    ['example.org', '"example.org" is no address or network'],
    ['10.0.0.0/33', 'the prefix must be a number from 0 to 32, not "33"'],
    ['10.0.0.0/', 'the prefix must be a number from 0 to 32, not ""'],
    ['10.0.0.0/-1', 'the prefix must be a number from 0 to 32, not "-1"'],
    ['10.0.0.0/8/8', '"10.0.0.0/8/8" is no address or network'],
    ['10.0.0', '"10.0.0" is no address or network'],
    ['::/129', 'the prefix must be a number from 0 to 128, not "129"'],
    ['fe80::1%lo', '"fe80::1%lo" is no address or network'],
    ['::ffff:10.0.0.0/104', 'write 10.0.0.0 for ::ffff:10.0.0.0'],
    ['any:', '"" is no port, and no first and last of some'],
    ['any:http', '"http" is no port, and no first and last of some'],
    ['any:65536', '"65536" is no port, and no first and last of some'],
    ['any:9-1', '"9-1" is no port, and no first and last of some'],
    ['any:1,', '"" is no port, and no first and last of some'],
    ['[10.0.0.0', '"[10.0.0.0" is no address or network'],
    ['[any]:1:2', '"1:2" is no port, and no first and last of some'],
  ] as const) {
    assert.throws(() => new Rules(none, [text], true), {
      code: 'ERR_USAGE',
      message: `cannot use --deny ${text}: ${reason}`,
    })
  }
  assert.throws(() => new Rules(['x'], none, true), { message: /^cannot use --allow x: / })
})

test('the address that is none, for which a system connects to itself, is held to the rules of both', () => {
  const near = new Rules(none, ['127.0.0.1', '::1'], true)
  for (const address of ['0.0.0.0', '::ffff:0.0.0.0', '::ffff:0:0', '::', '0:0:0:0:0:0:0:0']) {
    assert.equal(near.allows(address, 80), false, address)
    assert.equal(new Rules(['any'], ['private'], true).allows(address, 80), false, address)
    assert.equal(new Rules(['127.0.0.1', '::1'], none, true).allows(address, 80), false, address)
    assert.equal(new Rules(['any'], ['127.0.0.1:22', '[::1]:22'], true).allows(address, 80), true)
  }
  assert.equal(near.allows('0.0.0.1', 80), true)
})

test('an address is in a network however it is written', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(
      fc.tuple(octet, octet, octet, octet),
      fc.integer({ min: 0, max: 32 }),
      fc.nat(1),
      (address, bits, flip) => {
        const text = address.join('.')
        const list = new BlockList()
        list.addSubnet('10.20.30.40', bits, 'ipv4')
        const isIn = list.check(text, 'ipv4')
        const rules = new Rules(none, [`10.20.30.40/${bits}`], flip === 1)
        const hex = Buffer.from(address).toString('hex')
        const ways = [
          `::ffff:${text}`,
          `::ffff:${hex.slice(0, 4)}:${hex.slice(4)}`,
          `0:0:0:0:0:FFFF:${text}`,
        ]
        const open = flip === 1 || new Rules(none, none, false).allows(text, 1)
        for (const way of [text, ...ways]) {
          assert.notEqual(isIP(way), 0)
          assert.equal(rules.allows(way, 1), !isIn && open, way)
        }
      },
    ),
  )
})
