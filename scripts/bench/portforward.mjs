import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flatMemory } from './flat-memory.mjs'
import { fetchPoems } from './poems.mjs'
import { poem, runnerCommand } from './programs.mjs'
import { endAll, startAll } from './start-all.mjs'
import { median } from './timing.mjs'

const HOST = '127.0.0.1'
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
  const behind = await startAll(dir, {
    poems: (port) => [node.path, [bareServer, String(port), poem]],
    sink: (port) => [node.path, [swallower, String(port)]],
  })
  const [poems, sink] = [behind.poems.port, behind.sink.port]
  const words = (to) => (port) => [
    'portforward',
    '--port',
    port,
    '--destination',
    `tcp:${HOST}:${to}`,
  ]
  const hasSocat = spawnSync('socat', ['-V']).status === 0
  const programs = {
    runner: (to) => (port) => runnerCommand(node, ...words(to)(port)),
    ...(hasSocat ? { socat } : {}),
  }
  const figures = Object.fromEntries(
    Object.keys(programs).map((name) => [name, { rates: [], speeds: [] }]),
  )
  for (let round = 0; round < Math.ceil(rounds / 5); round += 1) {
    for (const [name, program] of Object.entries(programs)) {
      const { rates, speeds } = figures[name]
      rates.push(await through(dir, program(poems), connectionsPerSecond))
      speeds.push(
        await through(dir, program(sink), async (port) => {
          await megabytesPerSecond(port, 32)
          return await megabytesPerSecond(port, MEGABYTES)
        }),
      )
    }
  }
  const memory = async (what, to, load) =>
    await flatMemory(`portforward, ${what}`, { node, dir }, words(to), load)
  const memories = [
    await memory('connections', poems, (port) => fetchPoems(port, CONNECTIONS, AT_A_TIME)),
    await memory('one connection', sink, (port) => megabytesPerSecond(port, MEGABYTES)),
  ]
  await endAll(behind)
  const { runner: ours, socat: theirs } = figures
  const row = (what, unit, of) => ({
    ...{ what: `portforward, ${what}`, unit, value: median(ours[of]), against: 'socat' },
    ...{ base: theirs && median(theirs[of]), least: 0.8 },
  })
  return [
    row('connections per second', '/s', 'rates'),
    row('one connection', 'MB/s', 'speeds'),
    ...memories,
  ]
}

function socat(to) {
  return (port) => {
    const from = `TCP-LISTEN:${port},bind=${HOST},fork,reuseaddr,backlog=511`
    return ['socat', [from, `TCP:${HOST}:${to}`]]
  }
}

/** A figure of a program that is started for it. */
async function through(dir, program, measure) {
  const servers = await startAll(dir, { program })
  const figure = await measure(servers.program.port)
  await endAll(servers)
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
  const socket = connect({ port, host: HOST, allowHalfOpen: true })
  const began = performance.now()
  for (let n = 0; n < megabytes; n += 1) {
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.end()
  await new Promise((resolve, reject) => socket.resume().on('end', resolve).on('error', reject))
  return megabytes / ((performance.now() - began) / 1000)
}
