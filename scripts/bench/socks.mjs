import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flatMemory } from './flat-memory.mjs'
import { runnerCommand } from './programs.mjs'
import { endAll, startAll } from './start-all.mjs'
import { median } from './timing.mjs'

const HOST = '127.0.0.1'
const source = fileURLToPath(new URL('./source.mjs', import.meta.url))

/** How much is fetched through a proxy in one go, in bytes. */
const MUCH = 1e9

/** How many connections are made for one byte each, and how many at a time. */
const MANY = 4000
const AT_A_TIME = 100

/** Throughput and connections a second through the SOCKS proxy, beside microsocks. */
export async function socks({ node, rounds, work, only }) {
  if (only !== undefined && !'socks'.includes(only)) return []
  if (spawnSync('microsocks', ['-h']).error !== undefined) {
    console.log('socks: microsocks is not installed')
    return []
  }
  const dir = join(work, 'socks')
  mkdirSync(dir, { recursive: true })
  const behind = await startAll(dir, { source: (port) => [node.path, [source, String(port)]] })
  const from = behind.source.port
  const words = (port) => ['socks', '--port', port]
  const proxies = await startAll(dir, {
    runner: (port) => runnerCommand(node, ...words(port)),
    microsocks: (port) => ['microsocks', ['-i', HOST, '-p', String(port)]],
  })
  const found = Object.fromEntries(
    Object.keys(proxies).map((name) => [name, { speed: [], rate: [], load: [], each: [] }]),
  )
  for (let round = -1; round < Math.ceil(rounds / 3); round += 1) {
    for (const [name, proxy] of Object.entries(proxies)) {
      const { speed, rate, load, each } = await measured(proxy, from)
      // The first round warms them up.
      if (round < 0) continue
      found[name].speed.push(speed)
      found[name].rate.push(rate)
      found[name].load.push(load)
      found[name].each.push(each)
    }
  }
  await endAll(proxies)
  const load = async (port) => {
    await fetched(port, from, MUCH)
    await fetchMany(port, from)
  }
  const memory = await flatMemory('socks', { node, dir }, words, load)
  await endAll(behind)
  const row = (what, unit, key, more) => ({
    what: `socks, ${what}`,
    unit,
    value: median(found.runner[key]),
    against: 'microsocks',
    base: median(found.microsocks[key]),
    ...more,
  })
  return [
    row('throughput', 'MB/s', 'speed', { least: 0.8 }),
    row(`connections, ${AT_A_TIME} at a time`, '/s', 'rate', { least: 0.8 }),
    row('CPU for a GB', 'ms', 'load'),
    row('CPU for a connection', 'µs', 'each'),
    memory,
  ]
}

async function measured({ port, child }, from) {
  const idle = cpuOf(child.pid)
  const took = await timed(() => fetched(port, from, MUCH))
  const afterMuch = cpuOf(child.pid)
  const tookMany = await timed(() => fetchMany(port, from))
  return {
    speed: MUCH / 1e6 / took,
    rate: MANY / tookMany,
    load: (afterMuch - idle) / 1000 / (MUCH / 1e9),
    each: (cpuOf(child.pid) - afterMuch) / MANY,
  }
}

async function fetchMany(port, from) {
  let left = MANY
  const fetchOn = async () => {
    while (left > 0) {
      left -= 1
      await fetched(port, from, 1)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, fetchOn))
}

/**
 * Microseconds of CPU that a process has used, with all its threads that have ended:
 * microsocks has one for each connection.
 */
function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  // In hundredths of a second on every Linux.
  return (Number(user) + Number(system)) * 10_000
}

async function timed(action) {
  const began = process.hrtime.bigint()
  await action()
  return Number(process.hrtime.bigint() - began) / 1e9
}

const HELLO = Buffer.from([5, 1, 0])

/** Fetches so many bytes of the source through a proxy. */
function fetched(port, from, count) {
  const request = Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, from >> 8, from & 255])
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST, noDelay: true })
    const answers = [request, Buffer.from(String(count))]
    let got = 0
    socket.on('error', reject)
    socket.on('data', (data) => {
      const next = answers.shift()
      if (next === undefined) got += data.length
      else socket.write(next)
    })
    socket.on('close', () => {
      if (got === count) resolve()
      else reject(new Error(`${got} of ${count} bytes came through port ${port}`))
    })
    socket.write(HELLO)
  })
}
