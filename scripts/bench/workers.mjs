import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { answering, cpuOf, fetchPoems, freePort, memoryOf } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, inTurn, pause, startServer } from './timing.mjs'

const POEMS = 10_000
const AT_A_TIME = 64
const RELOADS = 20

/** A service that works for a millisecond for each client, which clients are no match for. */
const BUSY = `import { Application, TCPServer } from 'runnerd'
export const application = new Application('busy')
const work = (socket) => {
  const until = process.hrtime.bigint() + 1_000_000n
  while (process.hrtime.bigint() < until);
  socket.end('done')
}
new TCPServer(Number(process.env.PORT), work, { interface: 'localhost' }).setServiceParent(application)
`

/** What workers give: clients served in a second, reloads that lose none; and what the first process weighs. */
export async function workers({ node, rounds, work, only }) {
  if (only !== undefined && !'workers'.includes(only)) return []
  const port = await freePort()
  const started = (source) => (own) => () =>
    spawn(node.path, [runnerBin, '--nodaemon', ...LOG, ...own, ...source], {
      cwd: work,
      stdio: 'ignore',
      env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin, PORT: String(port) },
    })
  writeFileSync(join(work, 'busy.mjs'), BUSY)
  const poetry = started(['fastpoetry', '--port', String(port), '--poem', poem])
  const turns = Math.ceil(rounds / 4)
  const poems = await rates(poetry, port, POEMS, turns)
  const busy = await rates(started(['--tac', 'busy.mjs']), port, 2_000, turns)
  const { lost, fetched } = await whileReloading(poetry(['--workers', '2']), port, work)
  const first = await memoryIdle(poetry(['--workers', '2']), () => answering(port))
  const bare = () => spawn(node.path, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  return [
    ...compared('poems a second', poems),
    ...compared('clients a second, 1 ms of work for each', busy),
    {
      what: 'server CPU per poem, 2 workers',
      unit: 'µs',
      value: await cpuPerPoem(poetry(['--workers', '2']), port),
      against: '1 worker',
      base: await cpuPerPoem(poetry(['--workers', '1']), port),
    },
    {
      what: 'memory of the first process',
      unit: 'MB',
      value: first,
      against: 'idle node',
      base: await memoryIdle(bare, () => pause(500)),
    },
    {
      what: `poems lost in ${RELOADS} reloads, 2 workers`,
      unit: '',
      value: lost,
      against: 'all',
      base: fetched,
      target: 0,
    },
  ]
}

const LOG = ['--logfile', 'runner.log', '--log-level', 'error']

function compared(what, { none, one, two }) {
  const row = { what: `${what}, 2 workers`, unit: '', value: two }
  return [
    { ...row, against: '1 worker', base: one },
    { ...row, against: 'no workers', base: none },
  ]
}

/** How many clients a second are served by how many workers. */
async function rates(start, port, count, turns) {
  const servers = {
    none: start([]),
    one: start(['--workers', '1']),
    two: start(['--workers', '2']),
  }
  const measure = (spawned) => async () => {
    const child = await startServer(spawned, () => answering(port))
    await fetchPoems(port, count / 2, AT_A_TIME)
    const began = process.hrtime.bigint()
    await fetchPoems(port, count, AT_A_TIME)
    const seconds = Number(process.hrtime.bigint() - began) / 1e9
    await endServer(child)
    return count / seconds
  }
  const contestants = Object.entries(servers).map(([name, spawned]) => [name, measure(spawned)])
  return await inTurn(turns, Object.fromEntries(contestants))
}

/** That of all its processes: where there are processors for them, it is what scales. */
async function cpuPerPoem(start, port) {
  const child = await startServer(start, () => answering(port))
  const used = () => [child.pid, ...childrenOf(child.pid)].reduce((sum, pid) => sum + cpuOf(pid), 0)
  await fetchPoems(port, POEMS / 2, AT_A_TIME)
  const before = used()
  await fetchPoems(port, POEMS, AT_A_TIME)
  const each = (used() - before) / POEMS
  await endServer(child)
  return each
}

function childrenOf(pid) {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean)
}

async function memoryIdle(start, ready) {
  const child = await startServer(start, ready)
  const memory = memoryOf(child.pid)
  await endServer(child)
  return memory
}

async function whileReloading(start, port, work) {
  const child = await startServer(start, () => answering(port))
  const expected = readFileSync(poem).length
  let done = false
  let lost = 0
  let fetched = 0
  const client = async () => {
    while (!done) {
      const length = await lengthOfPoem(port)
      fetched += 1
      if (length !== expected) lost += 1
    }
  }
  const clients = Array.from({ length: 8 }, client)
  for (let count = 0; count < RELOADS; count += 1) await reload(join(work, 'runner.sock'))
  done = true
  await Promise.all(clients)
  await endServer(child)
  return { lost, fetched }
}

/** How much came of a poem within 5 seconds: -1 for none, refused or reset. */
function lengthOfPoem(port) {
  return new Promise((resolve) => {
    let length = 0
    const socket = connect(port, '127.0.0.1')
    const late = setTimeout(() => socket.destroy(new Error('late')), 5000)
    socket.on('error', () => {
      length = -1
    })
    socket.on('data', (chunk) => {
      length += chunk.length
    })
    socket.on('close', () => {
      clearTimeout(late)
      resolve(length)
    })
  })
}

function reload(socketPath) {
  return new Promise((resolve, reject) => {
    request({ socketPath, method: 'POST', path: '/reload', agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`cannot reload: ${text}`)),
      )
    })
      .on('error', reject)
      .end()
  })
}
