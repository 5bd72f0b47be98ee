import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { hasCommand } from '../../helpers/has-command.ts'
import { Client, me, ports, serve, talk } from './serving.ts'

/** Sends datagrams and gives what comes back, in the order in which it was sent. */
async function datagrams(t: TestContext, port: number, ...texts: string[]): Promise<string[]> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  t.after(() => socket.close())
  await once(socket, 'listening')
  const heard: string[] = []
  for (const text of texts) {
    const answer = once(socket, 'message')
    socket.send(text, port, '127.0.0.1')
    heard.push(String((await answer)[0]))
  }
  return heard
}

const isDaytime = /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\r\n$/

test('the internal services answer over TCP and UDP as their RFCs say', async (t) => {
  const [echo, discard, chargen, daytime, time] = (await ports(5)) as [
    ...[number, number, number, number, number],
  ]
  const names = { echo, discard, chargen, daytime, time }
  const lines = Object.entries(names).flatMap(([name, port]) => [
    `${port} stream tcp nowait ${me} internal ${name}`,
    `${port} dgram udp wait ${me} internal ${name}`,
  ])
  await serve(t, lines)
  const long = 'x'.repeat(2_000_000)
  assert.equal(await talk(t, echo, long), long)
  assert.equal(await talk(t, discard, long), '')
  assert.match(await talk(t, daytime), isDaytime)
  const now = Buffer.from(await talk(t, time), 'latin1')
  assert.ok(Math.abs(now.readUInt32BE() - 2_208_988_800 - Date.now() / 1000) < 60)

  const generated = await Client.connect(t, chargen)
  const [text] = await generated.hears(/^(?:[\x20-\x7e]{72}\r\n){200}/)
  const all = text.split('\r\n')
  assert.equal(all[0]?.[0], ' ')
  assert.equal(all[0]?.slice(1), all[1]?.slice(0, -1))
  assert.equal(all[95], all[0])
  generated.socket.destroy()

  assert.deepEqual(await datagrams(t, echo, 'one', '', 'two'), ['one', '', 'two'])
  assert.match((await datagrams(t, daytime, '?'))[0] ?? '', isDaytime)
  assert.equal((await datagrams(t, time, '?')).length, 1)
  // It is no longer than what it answers.
  assert.deepEqual(await datagrams(t, chargen, '', '123', 'x'.repeat(1000)), [
    '',
    ' !"',
    text.slice(0, 512),
  ])
})

test('nc, ncat and socat are served', async (t) => {
  const missing = ['nc', 'ncat', 'socat'].filter((name) => !hasCommand(name))
  if (missing.length > 0) return t.skip(`there is no ${missing.join(', ')}`)
  const [port] = (await ports(1)) as [number]
  await serve(t, [
    `${port} stream tcp nowait ${me} internal echo`,
    `${port} dgram udp wait ${me} internal echo`,
  ])
  const commands = [
    `nc -N -w 30 127.0.0.1 ${port}`,
    `ncat -w 30 127.0.0.1 ${port}`,
    `socat -t 30 - TCP:127.0.0.1:${port}`,
    `nc -u -W 1 -w 30 127.0.0.1 ${port}`,
    `socat -t 30 - UDP:127.0.0.1:${port},readbytes=6`,
  ]
  for (const command of commands) {
    const { stdout } = spawnSync('sh', ['-c', command], { input: 'hello\n', encoding: 'utf8' })
    assert.equal(stdout, 'hello\n', command)
  }
})

test('a service answers neither itself nor another one', async (t) => {
  const [one, other] = (await ports(2)) as [number, number]
  const started = await serve(t, [
    `${one} dgram udp wait ${me} internal echo`,
    `127.0.0.2:${other} dgram udp wait ${me} internal echo`,
  ])
  // The port of the other one, on an address where it isn't.
  const forged = createSocket('udp4').bind(other, '127.0.0.1')
  t.after(() => forged.close())
  await once(forged, 'listening')
  let answers = 0
  forged.on('message', () => {
    answers += 1
  })
  forged.send('never ends', one, '127.0.0.1')
  // It comes after it, and so is answered after it would have been.
  assert.deepEqual(await datagrams(t, one, 'honest'), ['honest'])
  await new Promise(setImmediate)
  assert.equal(answers, 0)
  await started.stop()
})

test('tcp is IPv4 and IPv6, each with a socket of its own; tcp46 is one for both', async (t) => {
  const addresses = Object.values(networkInterfaces()).flat()
  if (!addresses.some((each) => each?.address === '::1')) return t.skip('there is no IPv6')
  const [both, four, six, mapped] = (await ports(4)) as [number, number, number, number]
  const line = (port: number, protocol: string): string =>
    `${port} stream ${protocol} nowait ${me} /bin/sh sh -c echo\${IFS}$TCPREMOTEIP`
  await serve(t, [
    '*:',
    line(both, 'tcp'),
    line(four, 'tcp4'),
    line(six, 'tcp6'),
    line(mapped, 'tcp46'),
  ])
  const peer = async (port: number, host: string): Promise<string> =>
    (await Client.connect(t, port, host)).rest()
  assert.equal(await peer(both, '127.0.0.1'), '127.0.0.1\n')
  assert.equal(await peer(both, '::1'), '::1\n')
  assert.equal(await peer(four, '127.0.0.1'), '127.0.0.1\n')
  assert.equal(await peer(six, '::1'), '::1\n')
  assert.equal(await peer(mapped, '127.0.0.1'), '::ffff:127.0.0.1\n')
  assert.equal(await peer(mapped, '::1'), '::1\n')
  await assert.rejects(peer(four, '::1'), { code: 'ECONNREFUSED' })
  await assert.rejects(peer(six, '127.0.0.1'), { code: 'ECONNREFUSED' })
})

test('a thousand clients at once are echoed, and one more than there may be is reset', async (t) => {
  const [port] = (await ports(1)) as [number]
  const lines = [`${port} stream tcp nowait ${me} internal echo`]
  const { logged } = await serve(t, lines, ['--max-connections', '1000'])
  const clients = await Promise.all(Array.from({ length: 1000 }, () => Client.connect(t, port)))
  for (const [n, { socket }] of clients.entries()) socket.write(`client ${n}\n`)
  for (const [n, client] of clients.entries()) {
    assert.equal((await client.hears(/\n/)).input, `client ${n}\n`)
  }
  const more = connect(port, '127.0.0.1')
  const [error] = (await once(more, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
  await logged(/\[inetd\] refused a connection: there are 1000 already\n/)
  const [first] = clients as [Client]
  assert.equal(await first.rest('bye'), 'client 0\nbye')
  assert.equal(await talk(t, port, 'again'), 'again')
})

test('a silent client is hung up on after --timeout, and nobody is held up by one who does not read', async (t) => {
  const [echo, chargen] = (await ports(2)) as [number, number]
  const lines = [
    `${echo} stream tcp nowait ${me} internal echo`,
    `${chargen} stream tcp nowait ${me} internal chargen`,
  ]
  const { logged } = await serve(t, lines, ['--timeout', '0.5'])
  const deaf = connect(chargen, '127.0.0.1').pause()
  t.after(() => deaf.destroy())
  const silent = await Client.connect(t, echo)
  assert.equal(await silent.rest(), '')
  await logged(/Closed (a connection|2 connections) after 0\.5 seconds without a byte/)
})

test('--nointernal leaves them out', async (t) => {
  const [echo, cat] = (await ports(2)) as [number, number]
  const lines = [
    `${echo} stream tcp nowait ${me} internal echo`,
    `${cat} stream tcp nowait ${me} /bin/cat`,
  ]
  await serve(t, lines, ['--nointernal'])
  assert.equal(await talk(t, cat, 'hello'), 'hello')
  await assert.rejects(talk(t, echo), { code: 'ECONNREFUSED' })
})
