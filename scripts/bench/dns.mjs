import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answering, cpuOf, freePort, memoryOf } from './poems.mjs'
import { poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, median, startServer } from './timing.mjs'

const HOST = '127.0.0.1'
const NAMES = 100
const SECONDS = 3

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
  const zone = await startAll(node, dir, (own) => own)
  const behind = zone.runner.port
  const cache = await startAll(node, dir, () => ({
    runner: ['--forward', `${HOST}:${behind}`],
    dnsmasq: [`--server=${HOST}#${behind}`],
  }))
  const tests = [
    ['zone', zone, []],
    // There dnsmasq ends connections that last.
    ['zone by TCP', { runner: zone.runner }, ['-m', 'tcp']],
    ['cache', cache, []],
  ]
  const found = tests.map(() => ({ runner: new Figures(), dnsmasq: new Figures() }))
  const before = memoryOf(cache.runner.child.pid)
  for (let round = -1; round < Math.ceil(rounds / 5); round += 1) {
    for (const [at, [, servers, words]] of tests.entries()) {
      for (const [name, { port, child }] of Object.entries(servers)) {
        const used = cpuOf(child.pid)
        const { rate, count } = queriesPerSecond(dir, port, words)
        // The first round warms them up.
        if (round < 0) continue
        found[at][name].rates.push(rate)
        found[at][name].each.push((cpuOf(child.pid) - used) / count)
      }
    }
  }
  const grown = memoryOf(cache.runner.child.pid) - before
  const all = [zone, cache].flatMap((servers) => Object.values(servers))
  await Promise.all(all.map(({ child }) => endServer(child)))
  const rows = tests.flatMap(([what, servers], at) => {
    const row = (name, unit, of) => ({
      ...{ what: `dns, ${what}, ${name}`, unit, value: median(found[at].runner[of]) },
      ...(servers.dnsmasq === undefined
        ? { against: '' }
        : { against: 'dnsmasq', base: median(found[at].dnsmasq[of]) }),
    })
    return [row('queries', '/s', 'rates'), row('CPU for a query', 'µs', 'each')]
  })
  return [...rows, { what: 'dns, memory grown', unit: 'MB', value: grown, against: '' }]
}

class Figures {
  rates = []
  each = []
}

function writeZone(dir) {
  const names = Array.from({ length: NAMES }, (_, n) => `host${n}`)
  const hosts = names.map((name, n) => `${name} A 192.0.2.${n}\n`).join('')
  writeFileSync(
    join(dir, 'example.org.zone'),
    `$TTL 1h\n@ SOA ns1 host 1 1h 1h 1h 1h\n@ NS ns1\nns1 A 192.0.2.1\n${hosts}`,
  )
  const asked = names.map((name) => `${name}.example.org A\n`).join('')
  writeFileSync(join(dir, 'queries'), asked)
}

/** @param words what each is to answer from, of what it says itself */
async function startAll(node, dir, words) {
  const hosts = Array.from(
    { length: NAMES },
    (_, n) => `--host-record=host${n}.example.org,192.0.2.${n}`,
  )
  const from = words({ runner: ['--zone', 'example.org.zone'], dnsmasq: hosts })
  const env = { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin }
  const ours = [runnerBin, '--nodaemon', '--logfile', 'dns.log', '--pidfile=', 'dns', '--port']
  const plain = [
    '--no-daemon',
    '--no-resolv',
    '--no-hosts',
    '--bind-interfaces',
    '--cache-size=10000',
  ]
  const commands = {
    runner: (port) => [node.path, [...ours, String(port), ...from.runner]],
    dnsmasq: (port) => [
      'dnsmasq',
      [...plain, `--listen-address=${HOST}`, `--port=${port}`, ...from.dnsmasq],
    ],
  }
  const servers = {}
  for (const [name, command] of Object.entries(commands)) {
    const port = await freePort()
    const [program, args] = command(port)
    const start = () => spawn(program, args, { cwd: dir, env, stdio: 'ignore' })
    servers[name] = { port, child: await startServer(start, () => answering(port)) }
  }
  return servers
}

function queriesPerSecond(dir, port, words) {
  const args = ['-s', HOST, '-p', String(port), '-d', join(dir, 'queries'), '-l', String(SECONDS)]
  const { stdout } = spawnSync('dnsperf', [...args, '-c', '10', ...words], { encoding: 'utf8' })
  const [, count] = /Queries completed:\s+(\d+)/.exec(stdout)
  const [, rate] = /Queries per second:\s+([\d.]+)/.exec(stdout)
  return { rate: Number(rate), count: Number(count) }
}
