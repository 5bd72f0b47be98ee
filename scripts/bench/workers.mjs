import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { askForPoems, KEPT } from './kept-poems.mjs'
import { answering, fetchPoems, freePort, memoryOf } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, inTurn, pause, startServer } from './timing.mjs'
import { workerCPU } from './worker-cpu.mjs'
import { whileReloading } from './worker-reloads.mjs'

const AT_A_TIME = 64
const RELOADS = 20

/** What a second worker gives at least where there is a second processor, of which the client needs some. */
const GROWTH = availableParallelism() > 1 ? 1.3 : undefined

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

/** What workers give: clients served in a second, reloads that lose none; and what they cost. */
export async function workers({ node, rounds, work, only }) {
  if (only !== undefined && !'workers'.includes(only)) return []
  const ports = await Promise.all(Array.from({ length: 4 }, freePort))
  const [port] = ports
  const started = (source) => (own) => () =>
    spawn(node.path, [runnerBin, '--nodaemon', ...LOG, ...own, ...source], {
      cwd: work,
      stdio: 'ignore',
      env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin, PORT: String(port), POEM: poem },
    })
  const fastpoetry = (own, at) => started(['fastpoetry', '--port', String(at), '--poem', poem])(own)
  const poetry = (own) => fastpoetry(own, port)
  const tac = (name, source) => {
    writeFileSync(join(work, name), source)
    return started(['--tac', name])
  }
  const turns = Math.ceil(rounds / 4)
  const kept = await rates(tac('kept.mjs', KEPT), port, turns, 160_000, askForPoems)
  const busy = await rates(tac('busy.mjs', BUSY), port, turns, 2_000, fetchPoems)
  const poems = await rates(poetry, port, turns, 10_000, fetchPoems)
  const cpu = await workerCPU(fastpoetry, ports, turns)
  const socketPath = join(work, 'runner.sock')
  const reloads = await whileReloading(poetry(['--workers', '2']), port, socketPath, RELOADS)
  const first = await memoryIdle(poetry(['--workers', '2']), () => answering(port))
  const bare = () => spawn(node.path, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  return [
    ...compared('poems a second on kept connections', kept, GROWTH),
    ...compared('clients a second, 1 ms of work for each', busy, GROWTH),
    ...compared('poems a second, a connection for each', poems),
    ...cpu,
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
      value: reloads.lost,
      against: 'all',
      base: reloads.fetched,
      target: 0,
    },
  ]
}

const LOG = ['--logfile', 'runner.log', '--log-level', 'error']

function compared(what, { none, one, two }, least) {
  const row = { what: `${what}, 2 workers`, unit: '', value: two }
  return [
    { ...row, against: '1 worker', base: one, least },
    { ...row, against: 'no workers', base: none },
  ]
}

/** How many a second are served by how many workers, to clients that `fetch` so many. */
async function rates(start, port, turns, count, fetch) {
  const servers = {
    none: start([]),
    one: start(['--workers', '1']),
    two: start(['--workers', '2']),
  }
  const measure = (spawned) => async () => {
    const child = await startServer(spawned, () => answering(port))
    await fetch(port, count / 2, AT_A_TIME)
    const began = process.hrtime.bigint()
    await fetch(port, count, AT_A_TIME)
    const seconds = Number(process.hrtime.bigint() - began) / 1e9
    await endServer(child)
    return count / seconds
  }
  const contestants = Object.entries(servers).map(([name, spawned]) => [name, measure(spawned)])
  return await inTurn(turns, Object.fromEntries(contestants))
}

async function memoryIdle(start, ready) {
  const child = await startServer(start, ready)
  const memory = memoryOf(child.pid)
  await endServer(child)
  return memory
}
