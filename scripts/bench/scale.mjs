import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { askForPoems, KEPT } from './kept-poems.mjs'
import { answering, cpuOf, fetchPoems, freePort, memoryOf } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, inTurn, pause, startServer } from './timing.mjs'
import { childrenOf } from './worker-cpu.mjs'

const IDLE = 8_000
const WORKERS = 4

/** A service whose clients say nothing. */
const HELD = `import { Application, TCPServer } from 'runnerd'
export const application = new Application('held')
const listen = { interface: 'localhost' }
new TCPServer(Number(process.env.PORT), () => {}, listen).setServiceParent(application)
`

/** What docs/scale.md computes with: what one client costs, of memory and of a core. */
export async function scale({ node, rounds, work, only }) {
  if (only !== undefined && !'scale'.includes(only)) return []
  const port = await freePort()
  const spawned = (...words) =>
    spawn(node.path, [runnerBin, '--nodaemon', '--logfile', 'runner.log', ...words], {
      cwd: work,
      stdio: 'ignore',
      env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin, PORT: String(port), POEM: poem },
    })
  const tac = (name, source, ...own) => {
    writeFileSync(join(work, name), source)
    return () => spawned(...own, '--tac', name)
  }
  const held = tac('held.mjs', HELD)
  const crew = tac('held.mjs', HELD, '--workers', String(WORKERS))
  const kept = tac('kept.mjs', KEPT)
  const poems = () =>
    spawned('--log-level', 'error', 'fastpoetry', '-p', String(port), '--poem', poem)
  const medians = await inTurn(Math.ceil(rounds / 4), {
    rest: () => restOf(held, port),
    worker: () => ofOneWorker(crew, port),
    idle: () => memoryPerClient(held, port),
    kept: () => cpuPer(kept, port, 80_000, (count) => askForPoems(port, count, 64)),
    poem: () => cpuPer(poems, port, 10_000, (count) => fetchPoems(port, count, 64)),
  })
  const row = (what, value, unit) => ({ what, value, unit, against: '-' })
  return [
    row('memory of a process at rest', medians.rest, 'MB'),
    row('memory of one worker more', medians.worker, 'MB'),
    row('memory per client that waits', medians.idle, 'kB'),
    row('CPU per poem on a kept connection', medians.kept, 'µs'),
    row('CPU per poem, a connection for each', medians.poem, 'µs'),
  ]
}

/** Of a process, with what it shares with others, in MB. */
async function restOf(start, port) {
  const child = await startServer(start, () => answering(port))
  await pause(1000)
  const memory = memoryOf(child.pid)
  await endServer(child)
  return memory
}

/** Of one of several workers, without what it shares with the others, in MB. */
async function ofOneWorker(start, port) {
  const child = await startServer(start, () => answering(port))
  await pause(1000)
  const workers = childrenOf(child.pid)
  const memory = workers.reduce((sum, pid) => sum + ownOf(pid), 0) / workers.length / 1024
  await endServer(child)
  return memory
}

/** In kB. */
async function memoryPerClient(start, port) {
  const child = await startServer(start, () => answering(port))
  await pause(1000)
  const before = ownOf(child.pid)
  const sockets = []
  while (sockets.length < IDLE) {
    const few = Array.from({ length: 100 }, () => connected(port))
    sockets.push(...(await Promise.all(few)))
  }
  await pause(1000)
  const each = (ownOf(child.pid) - before) / IDLE
  for (const socket of sockets) socket.destroy()
  await endServer(child)
  return each
}

function connected(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
  })
}

async function cpuPer(start, port, count, ask) {
  const child = await startServer(start, () => answering(port))
  await ask(count / 2)
  const before = cpuOf(child.pid)
  await ask(count)
  const each = (cpuOf(child.pid) - before) / count
  await endServer(child)
  return each
}

/** What a process has for itself alone, in kB. */
function ownOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1])
  return kilobytes('Private_Clean') + kilobytes('Private_Dirty')
}
