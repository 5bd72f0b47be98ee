import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { answering, fetchPoems, freePort, memoryOf } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, median, startServer } from './timing.mjs'

const POEMS = 10_000
const AT_A_TIME = 64
const RELOADS = 20

/** What workers give: poems a second, and reloads that lose none; and what the first process weighs. */
export async function workers({ node, rounds, work, only }) {
  if (only !== undefined && !'workers'.includes(only)) return []
  const start = (port, own) => () => {
    const poetry = ['fastpoetry', '--port', String(port), '--poem', poem]
    const words = ['--nodaemon', '--logfile', 'runner.log', '--log-level', 'error', ...own]
    return spawn(node.path, [runnerBin, ...words, ...poetry], {
      cwd: work,
      stdio: 'ignore',
      env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin },
    })
  }
  const port = await freePort()
  const servers = {
    none: start(port, []),
    one: start(port, ['--workers', '1']),
    two: start(port, ['--workers', '2']),
  }
  const rates = { none: [], one: [], two: [] }
  const memory = []
  for (let round = 0; round < Math.ceil(rounds / 4); round += 1) {
    for (const [name, spawned] of Object.entries(servers)) {
      const child = await startServer(spawned, () => answering(port))
      if (name === 'two') memory.push(memoryOf(child.pid))
      await fetchPoems(port, POEMS / 2, AT_A_TIME)
      const began = process.hrtime.bigint()
      await fetchPoems(port, POEMS, AT_A_TIME)
      rates[name].push(POEMS / (Number(process.hrtime.bigint() - began) / 1e9))
      await endServer(child)
    }
  }
  const idle = spawn(node.path, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const bare = memoryOf(idle.pid)
  await endServer(idle)
  const { lost, fetched } = await whileReloading(servers.two, port, work)
  const second = { what: 'poems a second, 2 workers', unit: '', value: median(rates.two) }
  return [
    { ...second, against: '1 worker', base: median(rates.one) },
    { ...second, against: 'no workers', base: median(rates.none) },
    {
      what: 'memory of the first process',
      unit: 'MB',
      value: median(memory),
      against: 'idle node',
      base: bare,
    },
    {
      what: `poems lost in ${RELOADS} reloads, 2 workers`,
      unit: '',
      value: lost,
      against: 'of',
      base: fetched,
      target: 0,
    },
  ]
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
