import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flatMemory } from './flat-memory.mjs'
import { cpuOf } from './poems.mjs'
import { runnerCommand } from './programs.mjs'
import { endAll, startAll } from './start-all.mjs'
import { median } from './timing.mjs'

const HOST = '127.0.0.1'
const NAMES = 100
const SECONDS = 3

/** As many names that are not all in the cache, which has room for 10,000. */
const MANY = 20_000

/** Queries a second from a zone and from a cache, beside dnsmasq, as dnsperf finds them. */
export async function dns({ node, rounds, work, only }) {
  if (only !== undefined && !'dns'.includes(only)) return []
  for (const command of ['dnsmasq', 'dnsperf']) {
    if (spawnSync(command, ['--version']).error === undefined) continue
    console.log(`dns: ${command} is not installed`)
    return []
  }
  const dir = join(work, 'dns')
  mkdirSync(dir, { recursive: true })
  writeZone(dir)
  const zoneWords = (port) => ['dns', '--port', port, '--zone', 'example.org.zone']
  const zone = await startAll(dir, {
    runner: (port) => runnerCommand(node, ...zoneWords(port)),
    dnsmasq: dnsmasq(hosts),
  })
  const behind = zone.runner.port
  const cacheWords = (port) => ['dns', '--port', port, '--forward', `${HOST}:${behind}`]
  const cache = await startAll(dir, {
    runner: (port) => runnerCommand(node, ...cacheWords(port)),
    dnsmasq: dnsmasq([`--server=${HOST}#${behind}`]),
  })
  const tests = [
    ['zone', zone, []],
    // There dnsmasq ends connections that last.
    ['zone by TCP', { runner: zone.runner }, ['-m', 'tcp']],
    ['cache', cache, []],
  ]
  const found = tests.map(() => ({ runner: new Figures(), dnsmasq: new Figures() }))
  for (let round = -1; round < Math.ceil(rounds / 5); round += 1) {
    for (const [at, [, servers, words]] of tests.entries()) {
      for (const [name, { port, child }] of Object.entries(servers)) {
        const used = cpuOf(child.pid)
        const { rate, count } = ask(dir, port, 'queries', words)
        // The first round warms them up.
        if (round < 0) continue
        found[at][name].rates.push(rate)
        found[at][name].each.push((cpuOf(child.pid) - used) / count)
      }
    }
  }
  const memories = [
    await flatMemory('dns, zone', { node, dir }, zoneWords, (port) => {
      for (const words of [[], ['-m', 'tcp']]) ask(dir, port, 'queries', words)
    }),
    await flatMemory('dns, cache', { node, dir }, cacheWords, (port) => {
      ask(dir, port, 'many', [])
    }),
  ]
  await endAll(zone)
  await endAll(cache)
  const rows = tests.flatMap(([what, servers], at) => {
    const row = (name, unit, of) => ({
      ...{ what: `dns, ${what}, ${name}`, unit, value: median(found[at].runner[of]) },
      ...(servers.dnsmasq === undefined
        ? { against: '' }
        : { against: 'dnsmasq', base: median(found[at].dnsmasq[of]) }),
    })
    return [row('queries', '/s', 'rates'), row('CPU for a query', 'µs', 'each')]
  })
  return [...rows, ...memories]
}

class Figures {
  rates = []
  each = []
}

const names = Array.from({ length: NAMES }, (_, n) => `host${n}`)
const hosts = names.map((name, n) => `--host-record=${name}.example.org,192.0.2.${n}`)

function writeZone(dir) {
  const records = names.map((name, n) => `${name} A 192.0.2.${n}\n`).join('')
  writeFileSync(
    join(dir, 'example.org.zone'),
    `$TTL 1h\n@ SOA ns1 host 1 1h 1h 1h 1h\n@ NS ns1\nns1 A 192.0.2.1\n*.many A 192.0.2.1\n` +
      records,
  )
  const write = (file, asked) =>
    writeFileSync(join(dir, file), asked.map((name) => `${name}.example.org A\n`).join(''))
  write('queries', names)
  const many = Array.from({ length: MANY }, (_, n) => `host${n}.many`)
  write('many', many)
}

/** @param from what it is to answer from */
function dnsmasq(from) {
  const plain = [
    '--no-daemon',
    '--no-resolv',
    '--no-hosts',
    '--bind-interfaces',
    '--cache-size=10000',
  ]
  return (port) => ['dnsmasq', [...plain, `--listen-address=${HOST}`, `--port=${port}`, ...from]]
}

/** How many queries of a file were answered, and how many in a second. */
function ask(dir, port, file, words) {
  const args = ['-s', HOST, '-p', String(port), '-d', join(dir, file), '-l', String(SECONDS)]
  const { stdout } = spawnSync('dnsperf', [...args, '-c', '10', ...words], { encoding: 'utf8' })
  const [, count] = /Queries completed:\s+(\d+)/.exec(stdout)
  const [, rate] = /Queries per second:\s+([\d.]+)/.exec(stdout)
  return { rate: Number(rate), count: Number(count) }
}
