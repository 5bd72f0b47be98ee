import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { once } from 'node:events'
import { lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import type * as AnyPorts from '../../../plugins/ftp/dist/any-ports.d.ts'
import type * as Addresses from '../../../plugins/ftp/dist/data-address.d.ts'
import type * as Connections from '../../../plugins/ftp/dist/data-connections.d.ts'
import type * as Ends from '../../../plugins/ftp/dist/line-ends.d.ts'
import type * as Lists from '../../../plugins/ftp/dist/list-lines.d.ts'
import type * as Matches from '../../../plugins/ftp/dist/matches.d.ts'
import type * as Ports from '../../../plugins/ftp/dist/port-range.d.ts'
import type * as Refusals from '../../../plugins/ftp/dist/refusal.d.ts'
import type * as Lines from '../../../plugins/ftp/dist/telnet-lines.d.ts'
import type * as Paths from '../../../plugins/ftp/dist/virtual-path.d.ts'
import { ourPlugins } from '../../helpers/paths.ts'

async function part<T>(name: string): Promise<T> {
  return await import(pathToFileURL(join(ourPlugins, 'ftp', 'dist', `${name}.js`)).href)
}

const { anyPorts, ephemeralPorts } = await part<typeof AnyPorts>('any-ports')
const { TelnetLines } = await part<typeof Lines>('telnet-lines')
const { checkDataAddress, formatPort, parseExtendedPort, parsePort } =
  await part<typeof Addresses>('data-address')
const { DataConnections } = await part<typeof Connections>('data-connections')
const { fromNetwork, toNetwork } = await part<typeof Ends>('line-ends')
const { FACTS, factLine, listLine, timeVal } = await part<typeof Lists>('list-lines')
const { matches } = await part<typeof Matches>('matches')
const { parsePortRange, portsOf } = await part<typeof Ports>('port-range')
const { refusalOf } = await part<typeof Refusals>('refusal')
const { virtualPath } = await part<typeof Paths>('virtual-path')

/** Cuts bytes into pieces. */
function cut(data: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    pieces.push(data.subarray(at, at + size))
    at += size
  }
  return [...pieces, data.subarray(at)]
}

const sizes = fc.array(fc.nat(5), { maxLength: 20 })

test('TelnetLines gives the same lines wherever the data is cut', () => {
  const byte = fc.oneof(fc.constantFrom(13, 10, 255, 251, 244, 65), fc.nat(255))
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), sizes, (bytes, at) => {
      const data = Buffer.from(bytes)
      const [whole, pieces] = [new TelnetLines(20), new TelnetLines(20)]
      const expected = [...whole.add(data)]
      const got = cut(data, at).flatMap((piece) => [...pieces.add(piece)])
      assert.deepEqual(got, expected)
      for (const line of got) assert.ok(line === undefined || Buffer.from(line).length <= 60)
    }),
  )
})

test('TelnetLines leaves out telnet, and takes an ABOR that has lost its LF', () => {
  const lines = (text: string): (string | undefined)[] => [
    ...new TelnetLines(10).add(Buffer.from(text, 'latin1')),
  ]
  assert.deepEqual(lines('NOOP\r\nPWD\n'), ['NOOP', 'PWD'])
  assert.deepEqual(lines('\xff\xf4\xff\xf2ABOR\r\nPWD\r\n'), ['ABOR', 'PWD'])
  assert.deepEqual(lines('\xff\xf4\xf2ABOR\r\nPWD\r\n'), ['ABOR', 'PWD'])
  assert.deepEqual(lines('\xff\xf4\xffABOR\rPWD\r\n'), ['ABOR', 'PWD'])
  assert.deepEqual(lines('\xff\xfb\x01PWD\xff\xfd\x03\r\n'), ['PWD'])
  assert.deepEqual(lines('0123456789\r\n'), ['0123456789'])
  assert.deepEqual(lines('0123456789a\r\nPWD\r\n'), [undefined, 'PWD'])
})

test('virtualPath stays below the root, and is plain', () => {
  const piece = fc.constantFrom('..', '.', '', 'a', '...', 'b c', '"')
  const path = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(path, path, (cwd, argument) => {
      const result = virtualPath(virtualPath('/', cwd), argument)
      assert.ok(result.startsWith('/'))
      const names = result.slice(1).split('/')
      assert.ok(result === '/' || names.every((name) => !['', '.', '..'].includes(name)), result)
      assert.equal(virtualPath(result, ''), result)
    }),
  )
})

test('matches is what a regular expression would say, and takes no time for many stars', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 6 })
  fc.assert(
    fc.property(text, pattern, (name, wild) => {
      const source = wild.replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.')
      assert.equal(matches(name, wild), new RegExp(`^${source}$`).test(name))
    }),
    { numRuns: 2000 },
  )
  assert.equal(matches('a'.repeat(255), `${'*a'.repeat(1500)}b`), false)
})

test('line ends go to the network and come back, wherever they are cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é'), maxLength: 30 })
  fc.assert(
    fc.property(text, sizes, sizes, (some, first, second) => {
      const convert = toNetwork()
      const sent = Buffer.concat(
        cut(Buffer.from(some), first).map((each) => Buffer.from(convert(each))),
      )
      assert.equal(String(sent), some.replace(/(?<!\r)\n/g, '\r\n'))
      const back = fromNetwork()
      const pieces = cut(sent, second).map((each) => Buffer.from(back.convert(each)))
      assert.equal(String(Buffer.concat([...pieces, back.end()])), some.replace(/\r\n/g, '\n'))
    }),
  )
})

test('addresses of PORT and EPRT are read as they are written, and held against the client', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 1, max: 65535 }), (host, port) => {
      assert.deepEqual(parsePort(formatPort({ host, port })), { host, port })
      assert.deepEqual(parseExtendedPort(`|1|${host}|${port}|`), { host, port })
      assert.throws(() => checkDataAddress({ host, port }, '192.0.2.77'), { code: 504 })
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (text) => {
      for (const parse of [parsePort, parseExtendedPort]) {
        try {
          const { port } = parse(text)
          assert.ok(port >= 0 && port <= 65535)
        } catch (error) {
          assert.ok([501, 522].includes((error as { code: number }).code))
        }
      }
    }),
  )
  checkDataAddress(parseExtendedPort('|2|0:0:0::1|2000|'), '::1')
  checkDataAddress(parseExtendedPort('|2|FE80:0::7|2000|'), 'fe80::7%eth0')
  const other = parseExtendedPort('|2|fe80::8|2000|')
  assert.throws(() => checkDataAddress(other, 'fe80::7%eth0'), { code: 504 })
})

test('--passive-ports is a range whose ports are each tried once', () => {
  assert.deepEqual(parsePortRange('40000-40003'), { first: 40000, last: 40003 })
  assert.deepEqual(parsePortRange('5'), { first: 5, last: 5 })
  for (const bad of ['', '-', '0-5', '5-4', '1-65536', 'a', '1-2-3', ' 1']) {
    assert.throws(() => parsePortRange(bad), { code: 'ERR_USAGE' }, bad)
  }
  assert.deepEqual([...portsOf({ first: 7, last: 10 })].sort(), [10, 7, 8, 9])
})

test('any port is one that the system would give, unless it leaves out some of them', (t) => {
  const settings = mkdtempSync(join(tmpdir(), 'runner-ports-'))
  t.after(() => rmSync(settings, { recursive: true }))
  assert.deepEqual(ephemeralPorts(settings), { first: 49152, last: 65535 })
  writeFileSync(join(settings, 'ip_local_port_range'), '40000\t40999\n')
  writeFileSync(join(settings, 'ip_local_reserved_ports'), '\n')
  assert.deepEqual(ephemeralPorts(settings), { first: 40000, last: 40999 })
  writeFileSync(join(settings, 'ip_local_reserved_ports'), '40100-40109,40200\n')
  assert.equal(ephemeralPorts(settings), undefined)

  const range = ephemeralPorts('/proc/sys/net/ipv4')
  const ports = [...anyPorts()]
  assert.equal(ports.pop(), 0)
  if (range === undefined) return assert.deepEqual(ports, [])
  assert.ok(new Set([...ports, ...anyPorts()]).size > 5, String(ports))
  for (const port of ports) assert.ok(port >= range.first && port <= range.last, String(port))
})

test('a passive port is one of those, and the system is not asked for any', {
  skip: ephemeralPorts('/proc/sys/net/ipv4') ? false : 'the system leaves out some of its ports',
}, async (t) => {
  const { randomInt } = crypto
  const drawn: number[] = []
  const draw = (first: number, last: number): number => {
    const port = randomInt(first, last)
    drawn.push(port)
    return port
  }
  t.mock.method(crypto, 'randomInt', draw as typeof randomInt)
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
  const data = new DataConnections()
  t.after(() => data.close())
  const port = await data.listen('127.0.0.1', '127.0.0.1', undefined)
  assert.ok(drawn.includes(port), `${port} of ${drawn}`)
})

test('sixteen data connections are read far ahead of the disk, and others when those are over', async (t) => {
  const far = 256 * 1024
  const clients = createServer((socket) => socket.on('error', () => {}))
  t.after(() => clients.close())
  await once(clients.listen(0, '127.0.0.1'), 'listening')
  const { port: active } = clients.address() as AddressInfo
  const opened = async (isActive: boolean): Promise<Socket> => {
    const data = new DataConnections()
    t.after(() => data.close())
    if (isActive) data.useActive({ host: '127.0.0.1', port: active }, '127.0.0.1')
    else {
      const port = await data.listen('127.0.0.1', '127.0.0.1', undefined)
      const client = connect(port, '127.0.0.1').on('error', () => {})
      t.after(() => client.destroy())
    }
    return await data.open()
  }
  const isFar = ({ readableHighWaterMark }: Socket): boolean => readableHighWaterMark === far

  // Those that come to nothing keep nothing.
  const taken = { first: active, last: active }
  for (let n = 0; n < 20; n += 1) {
    const data = new DataConnections()
    await assert.rejects(data.listen('127.0.0.1', '127.0.0.1', taken), { code: 425 })
    await data.listen('127.0.0.1', '127.0.0.1', undefined)
    data.forget()
  }
  for (const isActive of [false, true, false]) {
    const sockets: Socket[] = []
    // What was before is over a turn or two later.
    while (sockets.filter(isFar).length < 16 && sockets.length < 100) {
      sockets.push(await opened(isActive))
    }
    assert.equal(sockets.filter(isFar).length, 16)
    for (const kind of [false, true]) {
      const other = await opened(kind)
      assert.ok(other.readableHighWaterMark < far)
      other.destroy()
    }
    for (const socket of sockets) socket.destroy()
  }
})

test('a time that no four digits of a year can say is the nearest that they can', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'runner-times-'))
  t.after(() => rmSync(path, { recursive: true }))
  for (const [seconds, time, day] of [
    [2 ** 62, '99991231235959', 'Dec 31  9999'],
    [3e11, '99991231235959', 'Dec 31  9999'],
    [-(2 ** 62), '00000101000000', 'Jan 01  0'],
    [-1, '19691231235959', 'Dec 31  1969'],
  ] as const) {
    const stats = Object.assign(lstatSync(path), { mtimeMs: seconds * 1000 })
    assert.equal(timeVal(stats), time)
    const facts = factLine({ name: 'x', stats }, { wanted: new Set(FACTS), mayWrite: false })
    assert.match(facts, new RegExp(`;modify=${time};`))
    assert.ok(listLine({ name: 'x', stats }).endsWith(` ${day} x`))
  }
})

test('a quota that is used up is said as a full disk is, though Node has no name for it', () => {
  const errno = -constants.errno.EDQUOT
  const code = `Unknown system error ${errno}`
  const refusal = refusalOf(
    Object.assign(new Error(`${code}: ${code}, write`), { code, errno }),
    'x',
  )
  assert.deepEqual([refusal?.code, refusal?.message], [452, 'x: disk quota exceeded'])
})

test('a data connection is waited for 30 seconds, or until it is given up, though memory is collected', {
  timeout: 20_000,
}, async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (const isGivenUp of [false, true]) {
    const data = new DataConnections()
    t.after(() => data.close())
    await data.listen('127.0.0.1', '127.0.0.1', undefined)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const opened = data.open()
    collect()
    t.mock.timers.tick(29_999)
    assert.equal(await Promise.race([opened.catch(() => 'given up'), nextTurn('open')]), 'open')
    if (isGivenUp) data.cut()
    else t.mock.timers.tick(1)
    await assert.rejects(opened, { code: 425 })
    t.mock.timers.reset()
  }
})
