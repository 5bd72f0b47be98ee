import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answering, fetchPoems, freePort, memoryOf } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, median, startServer } from './timing.mjs'

const bareServer = fileURLToPath(new URL('./bare-server.mjs', import.meta.url))
const swallower = fileURLToPath(new URL('./swallower.mjs', import.meta.url))
const CONNECTIONS = 3000
const AT_A_TIME = 32
const MEGABYTES = 512

/** What portforward carries, and how many connections, beside socat. */
export async function portforward({ node, rounds, work, only }) {
  if (only !== undefined && !'portforward'.includes(only)) return []
  const dir = join(work, 'portforward')
  mkdirSync(dir, { recursive: true })
  const [poems, sink] = [await freePort(), await freePort()]
  const behind = [
    spawn(node.path, [bareServer, String(poems), poem], { stdio: 'ignore' }),
    spawn(node.path, [swallower, String(sink)], { stdio: 'ignore' }),
  ]
  for (const port of [poems, sink]) await answering(port)
  const hasSocat = spawnSync('socat', ['-V']).status === 0
  const figures = { runner: new Figures(), ...(hasSocat ? { socat: new Figures() } : {}) }
  for (let round = 0; round < Math.ceil(rounds / 5); round += 1) {
    for (const [name, { rates, speeds, memory }] of Object.entries(figures)) {
      const starts = { runner: runner(node, dir), socat }
      rates.push(await through(starts[name], poems, connectionsPerSecond))
      speeds.push(
        await through(starts[name], sink, async (port, child) => {
          await megabytesPerSecond(port, 32)
          const before = memoryOf(child.pid)
          const speed = await megabytesPerSecond(port, MEGABYTES)
          memory.push(memoryOf(child.pid) - before)
          return speed
        }),
      )
    }
  }
  for (const child of behind) await endServer(child)
  const { runner: ours, socat: theirs } = figures
  const row = (what, unit, of) => ({
    ...{ what: `portforward, ${what}`, unit, value: median(ours[of]), against: 'socat' },
    ...{ base: theirs && median(theirs[of]), least: 0.8 },
  })
  const grown = { what: `portforward, memory grown in ${MEGABYTES} MB`, unit: 'MB' }
  return [
    row('connections per second', '/s', 'rates'),
    row('one connection', 'MB/s', 'speeds'),
    { ...grown, value: median(ours.memory), against: '' },
  ]
}

class Figures {
  rates = []
  speeds = []
  memory = []
}

function runner(node, cwd) {
  const env = { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin }
  const before = [runnerBin, '--nodaemon', '--logfile', 'runner.log', '--pidfile=', 'portforward']
  return (port, to) => {
    const args = [...before, '--port', port, '--destination', `tcp:127.0.0.1:${to}`]
    return spawn(node.path, args.map(String), { cwd, env, stdio: 'ignore' })
  }
}

function socat(port, to) {
  const from = `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=511`
  return spawn('socat', [from, `TCP:127.0.0.1:${to}`], { stdio: 'ignore' })
}

async function through(start, to, measure) {
  const port = await freePort()
  const child = await startServer(
    () => start(port, to),
    () => answering(port),
  )
  const figure = await measure(port, child)
  await endServer(child)
  return figure
}

async function connectionsPerSecond(port) {
  await fetchPoems(port, CONNECTIONS / 3, AT_A_TIME)
  const began = performance.now()
  await fetchPoems(port, CONNECTIONS, AT_A_TIME)
  return CONNECTIONS / ((performance.now() - began) / 1000)
}

/** Sends so much and waits until the other end has it all. */
async function megabytesPerSecond(port, megabytes) {
  const piece = Buffer.alloc(2 ** 20)
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const began = performance.now()
  for (let n = 0; n < megabytes; n += 1) {
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.end()
  await new Promise((resolve, reject) => socket.resume().on('end', resolve).on('error', reject))
  return megabytes / ((performance.now() - began) / 1000)
}
