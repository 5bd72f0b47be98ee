import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { constants, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  LendingServer,
  type SocketBorrower,
  systemClock,
  TCPServer,
  UDPServer,
} from '@runnerd/internet'
import { freePort } from '../helpers/free-port.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { logLines } from './log-lines.ts'

/** A process that takes one connection, says hello, and ends. */
const accept: SocketBorrower = async (descriptor) => {
  const script = `const server = require('net').createServer((socket) => {
    socket.end('hello')
    server.close()
  }).listen({ fd: 0 })`
  const stdio = [descriptor, 'ignore', 'inherit'] as const
  await once(spawn(process.execPath, ['-e', script], { stdio: [...stdio] }), 'exit')
}

async function hello(to: number | string): Promise<string> {
  const socket = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1')
  return String((await once(socket, 'data'))[0])
}

test('a connection waits for whoever is lent the socket, again and again', async (t) => {
  const path = join(tempDir(t), 'lent.sock')
  const servers = [new LendingServer('tcp:0:interface=127.0.0.1', accept)]
  servers.push(new LendingServer(`unix:${path}`, accept))
  for (const server of servers) {
    t.after(() => server.stopService())
    await server.privilegedStartService()
    await server.startService()
    const to = server.address()?.port || path
    assert.equal(await hello(to), 'hello')
    assert.equal(await hello(to), 'hello')
    // Until then the process has it, too.
    await server.drain()
    await server.stopService()
    await assert.rejects(hello(to), /ECONNREFUSED|ENOENT/)
  }
})

test('it is lent once for all that waits, and again when it was given back and more is there', async (t) => {
  const lent: number[] = []
  let giveBack: () => void = () => {}
  let told: () => void = () => {}
  const server = new LendingServer('udp:0:interface=127.0.0.1', (descriptor) => {
    lent.push(descriptor)
    told()
    return new Promise<void>((resolve) => {
      giveBack = resolve
    })
  })
  t.after(() => server.stopService())
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve
    })
  let isLent = next()
  await server.startService()
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  const { port = 0 } = server.address() ?? {}
  for (const text of ['one', 'two']) socket.send(text, port, '127.0.0.1')
  await isLent
  assert.equal(lent.length, 1)
  isLent = next()
  giveBack()
  // Nobody has taken anything.
  await isLent
  assert.deepEqual(lent, [lent[0], lent[0]])
  // Whoever is given it as his descriptor 0 has it blocking, and so has everybody.
  const [descriptor = 0] = lent
  const blocks = (): boolean => {
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))
    return (Number.parseInt(flags?.[1] ?? '', 8) & constants.O_NONBLOCK) === 0
  }
  spawnSync('true', { stdio: [descriptor, 'ignore', 'ignore'] })
  if (process.platform === 'linux') assert.ok(blocks())
  isLent = next()
  giveBack()
  await isLent
  if (process.platform === 'linux') assert.ok(!blocks())
  const drained = server.drain()
  assert.equal(await Promise.race([drained.then(() => 'drained'), later('waits')]), 'waits')
  giveBack()
  await drained
  await later('')
  assert.equal(lent.length, 3)
  // What is closed is not watched: the system would end the process for that.
  assert.deepEqual(server.describe(), {
    listeners: [{ kind: 'udp', address: '127.0.0.1', port }],
  })
})

test('a borrower that fails is logged, and asked again', async (t) => {
  const { lines, end } = logLines()
  t.after(end)
  let calls = 0
  let second: () => void = () => {}
  const again = new Promise<void>((resolve) => {
    second = resolve
  })
  const server = new LendingServer('tcp:0:interface=127.0.0.1', () => {
    calls += 1
    if (calls === 1) throw new Error('no such program')
    second()
    return new Promise(() => {})
  })
  t.after(() => server.stopService())
  await server.startService()
  const { port = 0 } = server.address() ?? {}
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  await again
  const line = lines.find((each) => each.includes('Could not lend'))
  assert.match(line ?? '', new RegExp(`the socket of 127.0.0.1:${port}\nError: no such program`))
})

test('what is no socket to lend is refused', () => {
  for (const listen of ['ssl:443', 'fd:3', 'udp:99999', 'nothing:1']) {
    assert.throws(() => new LendingServer(listen, accept), { code: 'ERR_USAGE' }, listen)
  }
})

test('with ipv6Only an address of IPv6 leaves IPv4 to others', async (t) => {
  const all = Object.values(networkInterfaces()).flat()
  if (!all.some((each) => each?.address === '::1')) return t.skip('there is no IPv6')
  const port = await freePort()
  const nobody = (): void => {}
  const only = { interface: '::', ipv6Only: true }
  const servers = [
    new TCPServer(port, nobody, { interface: '' }),
    new TCPServer(port, nobody, only),
    new UDPServer(port, nobody, { interface: '' }),
    new UDPServer(port, nobody, only),
  ]
  t.after(() => Promise.all(servers.map((each) => each.stopService())))
  for (const each of servers) await each.privilegedStartService()
  // The same twice is found out before either listens.
  const again = new TCPServer(port, nobody, only)
  await assert.rejects(again.privilegedStartService(), { code: 'ERR_CANNOT_LISTEN' })
  for (const each of servers) await each.startService()
  const both = new TCPServer(port, nobody, { interface: '::' })
  await assert.rejects(both.startService(), { code: 'ERR_CANNOT_LISTEN' })
})

/** After what is ready already has been looked at. */
function later(text: string): Promise<string> {
  return new Promise((resolve) => {
    systemClock.callLater(0.05, () => resolve(text))
  })
}
