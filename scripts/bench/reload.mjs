import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { Pm2 } from './pm2.mjs'
import { answering, freePort, memoryOf } from './poems.mjs'
import { runnerBin } from './programs.mjs'

const RELOADS = 20
const MANY = 200
const BODY = 500

/** Answers, and waits for a moment as a page that asks a database does. */
const ANSWER = `(request, response) => setTimeout(() => response.end(Buffer.alloc(${BODY}, 'x')), 2)`

/** What reloads lose under load, beside pm2's; and what the last of many has more than the first. */
export async function reload({ node, work, only }) {
  if (only !== undefined && !'reload'.includes(only)) return []
  const dir = join(work, 'reload')
  mkdirSync(join(dir, 'plugins'), { recursive: true })
  const ours = await ourLosses(node, dir)
  const theirs = await pm2Losses(dir)
  const losses = ['a connection each', 'keep-alive'].map((kind) => ({
    what: `requests lost in ${RELOADS} reloads, ${kind}, of ${ours[kind].asked}`,
    unit: '',
    value: ours[kind].lost,
    against: theirs === undefined ? 'pm2' : `pm2, of ${theirs[kind].asked}`,
    base: theirs?.[kind].lost,
    target: 0,
  }))
  return [...losses, ...(await manyReloads(node, dir))]
}

async function ourLosses(node, dir) {
  const port = await freePort()
  writePlugin(dir, port)
  runner(node, dir, 'served')
  await answering(port)
  const tallies = await whileReloading(port, () => runner(node, dir, 'reload'))
  runner(node, dir, 'stop')
  return tallies
}

async function pm2Losses(dir) {
  const pm2 = Pm2.install(join(dir, 'pm2'))
  if (pm2 === undefined) return undefined
  const port = await freePort()
  const file = join(dir, 'server.cjs')
  writeFileSync(file, `require('node:http').createServer(${ANSWER}).listen(${port}, '127.0.0.1')\n`)
  try {
    pm2.run('start', file, '--name', 'served', '-i', '1')
    await answering(port)
    return await whileReloading(port, () => pm2.run('reload', 'served'))
  } finally {
    pm2.run('kill')
  }
}

/** One more generation is as much as the first, however many there were. */
async function manyReloads(node, dir) {
  const port = await freePort()
  writePlugin(dir, port)
  runner(node, dir, 'served')
  await answering(port)
  runner(node, dir, 'reload')
  const first = await sizeOf(dir)
  for (let count = 1; count < MANY; count += 1) runner(node, dir, 'reload')
  const last = await sizeOf(dir)
  runner(node, dir, 'stop')
  return [
    { what: `memory after ${MANY} reloads`, unit: 'MB', key: 'memory', target: 1.1 },
    { what: `descriptors after ${MANY} reloads`, unit: '', key: 'descriptors', target: 1 },
    { what: `processes after ${MANY} reloads`, unit: '', key: 'processes', target: 1 },
  ].map(({ key, ...row }) => ({ ...row, value: last[key], against: 'after one', base: first[key] }))
}

/** When all has settled: what drains ends, and garbage is collected. */
async function sizeOf(dir) {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const pid = Number(readFileSync(join(dir, 'runner.pid'), 'utf8'))
  return {
    memory: memoryOf(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    processes: processesIn(dir),
  }
}

function processesIn(dir) {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark(dir))
    } catch {
      return false
    }
  }).length
}

function mark(dir) {
  return `RELOAD_BENCH=${dir}`
}

function runner(node, dir, ...args) {
  const { status, stderr } = spawnSync(node.path, [runnerBin, ...args], {
    cwd: dir,
    env: { ...process.env, RELOAD_BENCH: dir },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`runner ${args.join(' ')} ended with ${status}: ${stderr}`)
}

function writePlugin(dir, port) {
  writeFileSync(
    join(dir, 'plugins', 'served.js'),
    `import { defineServiceMaker, HTTPServer } from 'runnerd'
export const served = defineServiceMaker({
  tapname: 'served',
  description: 'Answers.',
  makeService: () => new HTTPServer(${port}, ${ANSWER}, { interface: 'localhost' }),
})
`,
  )
}

/** The clients are a process of their own, which waiting for a command doesn't hold up. */
async function whileReloading(port, reloadOnce) {
  const clients = spawn(process.execPath, [import.meta.filename, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  clients.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const ended = new Promise((resolve) => clients.on('close', resolve))
  for (let count = 0; count < RELOADS; count += 1) reloadOnce()
  clients.stdin.end()
  await ended
  return JSON.parse(text)
}

async function ask(port) {
  let isOver = false
  process.stdin.resume().on('end', () => {
    isOver = true
  })
  const kinds = { 'a connection each': false, 'keep-alive': true }
  const tallies = {}
  const clients = Object.entries(kinds).flatMap(([kind, keepAlive]) => {
    const tally = { asked: 0, lost: 0 }
    tallies[kind] = tally
    const agent = new http.Agent({ keepAlive })
    return Array.from({ length: 8 }, async () => {
      while (!isOver) {
        tally.asked += 1
        if ((await lengthOf({ port, host: '127.0.0.1', agent })) !== BODY) tally.lost += 1
      }
    })
  })
  await Promise.all(clients)
  process.stdout.write(JSON.stringify(tallies), () => process.exit(0))
}

/** How much came of a page within 5 seconds: -1 for none, refused, reset or late. */
function lengthOf(options) {
  return new Promise((resolve) => {
    let length = 0
    const asked = http.get({ ...options, timeout: 5000 }, (response) => {
      response.on('data', (chunk) => {
        length += chunk.length
      })
      response.on('error', () => resolve(-1))
      response.on('end', () => resolve(length))
    })
    asked.on('timeout', () => asked.destroy(new Error('late')))
    asked.on('error', () => resolve(-1))
  })
}

if (process.argv[1] === import.meta.filename) await ask(Number(process.argv[2]))
