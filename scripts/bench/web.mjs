import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../root.mjs'
import { installTools } from '../tools.mjs'
import { flatMemory } from './flat-memory.mjs'
import { cpuOf } from './poems.mjs'
import { runnerCommand } from './programs.mjs'
import { endAll, startAll } from './start-all.mjs'
import { median } from './timing.mjs'

const plainApp = fileURLToPath(new URL('./plain-app.mjs', import.meta.url))
const apps = join(root, 'test', 'fixtures', 'web')

/** What is asked for: a name, how many bytes, and for how many seconds at a time. */
const files = [
  ['3 kB', 'small.css', 3000, 1],
  ['100 kB', 'middle.js', 100_000, 1],
  ['2 MB', 'large.bin', 2_000_000, 2],
]

/** How long an app is asked at a time, in seconds. */
const SECONDS = 1

/** How often both are started anew, so that no figure is that of one process alone. */
const STARTS = 3

const CONNECTIONS = 16

/** Requests a second beside what an operator would take; and apps beside the same under node. */
export async function web({ node, rounds, work, only }) {
  const wanted = (what) => only === undefined || what.includes(only)
  if (!wanted('web files apps')) return []
  if (spawnSync('wrk', ['-v']).error !== undefined) {
    console.log('web: wrk is not installed')
    return []
  }
  mkdirSync(join(work, 'web'), { recursive: true })
  return [
    ...(wanted('web files') ? await staticFiles(node, join(work, 'web'), rounds) : []),
    ...(wanted('web apps') ? await sameApps(node, join(work, 'web'), rounds) : []),
  ]
}

async function staticFiles(node, dir, rounds) {
  const site = join(dir, 'site')
  mkdirSync(site, { recursive: true })
  for (const [, name, size] of files) {
    writeFileSync(join(site, name), Buffer.alloc(size, 'a'))
    // What has just been written may be about to change.
    utimesSync(join(site, name), 1e9, 1e9)
  }
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const tools = installTools('sirv-cli@3.0.1', 'serve@14.2.7')
  const words = (port) => ['web', '--path', site, '--access-log', 'off', '--port', port]
  const at = (resolved, port, ...args) => [node.path, [resolved, ...args, String(port)]]
  const servers = await startAll(dir, {
    runner: (port) => runnerCommand(node, ...words(port)),
    'sirv-cli':
      tools && ((port) => at(bin(tools, 'sirv-cli', 'bin.js'), port, site, '-q', '-H', HOST, '-p')),
    serve:
      tools &&
      ((port) => [
        node.path,
        [bin(tools, 'serve', 'build/main.js'), '-L', '-l', `tcp://${HOST}:${port}`, site],
      ]),
    nginx: nginx(dir, site),
  })
  const rows = []
  const { runner, ...others } = servers
  for (const [what, name, , seconds] of files) {
    for (const [against, other] of Object.entries(others)) {
      // One after the other: together, whoever has more threads would get more of the machine.
      const pairs = await inPairs({ runner, [against]: other }, rounds, inTurn, `/${name}`, seconds)
      const target = against === 'nginx' ? {} : { least: 1 }
      rows.push(pairRow(`web, a file of ${what}`, '/s', pairs, against, 'rate', target))
    }
  }
  await endAll(servers)
  const load = async (port) => {
    for (const [, name] of files) await ask(port, `/${name}`, SECONDS)
  }
  return [...rows, await flatMemory('web, files', { node, dir }, words, load)]
}

/**
 * Each app under runner and under node, by what a request costs them: how much of the
 * machine either gets is up to the machine.
 */
async function sameApps(node, dir, rounds) {
  const rows = []
  for (const [name, file] of sameOnes) {
    const pairs = []
    for (let start = 0; start < STARTS; start += 1) {
      const commands = {
        runner: (port) => runnerCommand(node, 'web', '--app', file, '--port', port),
        node: (port) => [node.path, [plainApp, file.split('#')[0], String(port)]],
      }
      const servers = await startAll(dir, commands)
      pairs.push(...(await inPairs(servers, rounds, together, '/hello', SECONDS)))
      await endAll(servers)
    }
    rows.push(
      pairRow(`web --app ${name}`, '/s of CPU', pairs, 'node', 'ratePerCPU', { least: 0.95 }),
    )
  }
  return rows
}

const sameOnes = [
  ['(request, response)', join(apps, 'several.mjs#bare')],
  ...['express', 'fastify', 'koa', 'hono'].map((name) => [name, join(apps, `${name}.mjs`)]),
]

/** Asks two again and again, in either order; what they come to is compared pair by pair. */
async function inPairs(servers, times, both, path, seconds) {
  const pairs = []
  const names = Object.keys(servers)
  // The first rounds warm them.
  for (let time = -2; time < times; time += 1) {
    const order = time % 2 === 0 ? names : names.toReversed()
    const pair = await both(order, (name) => {
      const { port, child } = servers[name]
      return load(port, path, seconds, child.pid)
    })
    if (time >= 0) pairs.push(pair)
  }
  return pairs
}

/** At the same time: whatever else the machine does then, it does to both. */
async function together(names, ask) {
  const each = names.map(async (name) => [name, await ask(name)])
  return Object.fromEntries(await Promise.all(each))
}

async function inTurn(names, ask) {
  const found = {}
  for (const name of names) found[name] = await ask(name)
  return found
}

/** The medians, and as their ratio that of the pairs. */
function pairRow(what, unit, pairs, against, of, target) {
  const value = median(pairs.map(({ runner }) => runner[of]))
  const base = median(pairs.map((pair) => pair[against][of]))
  const ratio = median(pairs.map((pair) => pair.runner[of] / pair[against][of]))
  return { what, unit, value, against, base, ratio, ...target }
}

const HOST = '127.0.0.1'

async function load(port, path, seconds, pid) {
  const before = cpuOf(pid)
  const { requests, rate } = await ask(port, path, seconds)
  return { rate, ratePerCPU: (requests * 1e6) / (cpuOf(pid) - before) }
}

/** How many requests were answered, and how many in a second. */
async function ask(port, path, seconds) {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, `http://${HOST}:${port}${path}`]
  const stdout = await outputOf('wrk', args)
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (!requests || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`)
  return { requests, rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]) }
}

async function outputOf(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks = await child.stdout.setEncoding('utf8').toArray()
  return chunks.join('')
}

function bin(resolve, name, file) {
  return join(resolve(`${name}/package.json`), '..', file)
}

/** One process of it, as the others are; `undefined` where it isn't installed. */
function nginx(dir, site) {
  if (spawnSync('nginx', ['-v']).error !== undefined) return undefined
  return (port) => {
    const file = join(dir, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log;
      events { worker_connections 1024; }
      http {
        access_log off; sendfile on; keepalive_requests 1000000000;
        server { listen ${HOST}:${port}; root ${site}; }
      }`,
    )
    return ['nginx', ['-c', file]]
  }
}
