import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../root.mjs'
import { installTools } from '../tools.mjs'
import { answering, cpuOf, freePort } from './poems.mjs'
import { poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, median, startServer } from './timing.mjs'

const plainApp = fileURLToPath(new URL('./plain-app.mjs', import.meta.url))
const apps = join(root, 'test', 'fixtures', 'web')

/** What is asked for: a name and how many bytes. */
const files = [
  ['3 kB', 'small.css', 3000],
  ['100 kB', 'middle.js', 100_000],
  ['2 MB', 'large.bin', 2_000_000],
]

/** How long each is asked in each round, in seconds, and by how many connections. */
const SECONDS = 2
const CONNECTIONS = 16

/** Requests a second beside what an operator would take; and apps beside the same under node. */
export async function web({ node, rounds, work, only }) {
  if (only !== undefined && !'web'.includes(only)) return []
  if (spawnSync('wrk', ['-v']).error !== undefined) {
    console.log('web: wrk is not installed')
    return []
  }
  const turns = Math.ceil(rounds / 5)
  return [
    ...(await staticFiles(node, join(work, 'web'), turns)),
    ...(await sameApps(node, join(work, 'web'), turns)),
  ]
}

async function staticFiles(node, dir, turns) {
  const site = join(dir, 'site')
  mkdirSync(site, { recursive: true })
  for (const [, name, size] of files) {
    writeFileSync(join(site, name), Buffer.alloc(size, 'a'))
    // What has just been written may be about to change.
    utimesSync(join(site, name), 1e9, 1e9)
  }
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const tools = installTools('sirv-cli@3.0.1', 'serve@14.2.7')
  const at = (resolved, port, ...args) => [node.path, [resolved, ...args, String(port)]]
  const servers = await startAll(dir, {
    runner: (port) => at(runnerBin, port, ...ours, '--path', site, '--access-log', 'off', '--port'),
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
  for (const [what, name] of files) {
    const found = await inRounds(servers, turns, `/${name}`)
    for (const against of ['sirv-cli', 'serve', 'nginx']) {
      rows.push(
        row(
          `web, a file of ${what}`,
          found,
          'runner',
          against,
          against === 'nginx' ? {} : { least: 1 },
        ),
      )
    }
  }
  await endAll(servers)
  return rows
}

async function sameApps(node, dir, turns) {
  const rows = []
  for (const name of ['express', 'fastify', 'koa', 'hono']) {
    const file = join(apps, `${name}.mjs`)
    const servers = await startAll(dir, {
      runner: (port) => [node.path, [runnerBin, ...ours, '--app', file, '--port', String(port)]],
      node: (port) => [node.path, [plainApp, file, String(port)]],
    })
    const found = await inRounds(servers, turns * 2, '/hello')
    rows.push(row(`web --app ${name}`, found, 'runner', 'node', { least: 0.95 }))
    rows.push({
      what: `web --app ${name}, CPU for each`,
      unit: 'µs',
      value: found.runner?.cpu,
      against: 'node',
      base: found.node?.cpu,
    })
    await endAll(servers)
  }
  return rows
}

const HOST = '127.0.0.1'
const ours = ['--nodaemon', '--logfile', 'web.log', '--pidfile=', 'web']

/** Starts what there is, each on a port of its own. */
async function startAll(dir, commands) {
  const servers = {}
  const env = { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin, NODE_ENV: 'production' }
  for (const [name, command] of Object.entries(commands)) {
    if (command === undefined) continue
    const port = await freePort()
    const [program, args] = command(port)
    const start = () => spawn(program, args, { cwd: dir, env, stdio: 'ignore' })
    servers[name] = { port, child: await startServer(start, () => answering(port)) }
  }
  return servers
}

async function endAll(servers) {
  for (const { child } of Object.values(servers)) await endServer(child)
}

/** Asks each in turn; the medians of what they answer, and what it costs them. */
async function inRounds(servers, turns, path) {
  const all = Object.fromEntries(Object.keys(servers).map((name) => [name, []]))
  for (let turn = -1; turn < turns; turn += 1) {
    for (const [name, { port, child }] of Object.entries(servers)) {
      const found = await load(port, path, child.pid)
      // The first round warms them.
      if (turn >= 0) all[name].push(found)
    }
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, each]) => [
      name,
      { rate: median(each.map(({ rate }) => rate)), cpu: median(each.map(({ cpu }) => cpu)) },
    ]),
  )
}

async function load(port, path, pid) {
  const before = cpuOf(pid)
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, `http://${HOST}:${port}${path}`]
  const { stdout } = spawnSync('wrk', args, { encoding: 'utf8' })
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (!requests || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`)
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1])
  return { rate, cpu: (cpuOf(pid) - before) / requests }
}

function row(what, found, one, against, target) {
  const base = found[against]?.rate
  return { what, unit: '/s', value: found[one].rate, against, base, ...target }
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
