import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../root.mjs'
import { installTools } from '../tools.mjs'
import { answering, cpuOf, fetchPoems, freePort } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, inTurn, median, startServer } from './timing.mjs'

const program = fileURLToPath(new URL('./log-lines.mjs', import.meta.url))
const twistedProgram = fileURLToPath(new URL('./log_lines.py', import.meta.url))
const LINES = 100_000
const PER_TURN = 100
const POEMS = 20_000
const AT_A_TIME = 32

/** What a line in the log costs beside other logs, and what a poem costs without one. */
export async function log({ node, rounds, work, only }) {
  if (only !== undefined && !'log'.includes(only)) return []
  return [...(await linesPerSecond(node, rounds, work)), ...(await shareOf(node, rounds, work))]
}

async function linesPerSecond(node, rounds, work) {
  const logging = createRequire(join(root, 'packages', 'logging', 'package.json'))
  const winston = logging.resolve('winston')
  const pino = installTools('pino@10.4.0')?.('pino')
  const ours = join(root, 'packages', 'logging', 'dist', 'index.js')
  const others = {
    'winston, one file': by(node.path, work, 'winston', winston),
    'winston-daily-rotate-file': by(node.path, work, 'rotate', winston),
    ...(pino ? { 'pino, one file, sync': by(node.path, work, 'pino', pino) } : {}),
    ...(hasTwisted() ? { "Twisted's log": twisted(work) } : {}),
  }
  const medians = await inTurn(Math.ceil(rounds / 3), {
    runner: by(node.path, work, 'runner', ours),
    ...others,
  })
  return Object.keys(others).map((name) => ({
    what: 'lines logged in a second',
    unit: '',
    value: medians.runner,
    against: name,
    base: medians[name],
  }))
}

/** A contestant: logs to a file in a new directory, and says how many lines in a second. */
function by(node, work, kind, module) {
  return () => inNewDirectory(work, (file) => [node, program, kind, file, LINES, PER_TURN, module])
}

function twisted(work) {
  return () => inNewDirectory(work, (file) => ['/usr/bin/python3', twistedProgram, file, LINES])
}

function hasTwisted() {
  return spawnSync('/usr/bin/python3', ['-c', 'import twisted']).status === 0
}

function inNewDirectory(work, commandFor) {
  const directory = mkdtempSync(join(work, 'log-'))
  const [command, ...args] = commandFor(join(directory, 'bench.log')).map(String)
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  rmSync(directory, { recursive: true })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return Number(stdout)
}

/** The CPU time of a poem with a log file, beside that with a logger that drops all. */
async function shareOf(node, rounds, work) {
  const port = await freePort()
  const nothing = join(work, 'nothing.mjs')
  writeFileSync(nothing, 'export function nothing(event) {}\n')
  const options = {
    cwd: work,
    stdio: 'ignore',
    env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin },
  }
  const start = (logging) => () => {
    const poetry = ['fastpoetry', '--port', String(port), '--poem', poem]
    return spawn(node.path, [runnerBin, '--nodaemon', '--pidfile=', ...logging, ...poetry], options)
  }
  const servers = {
    logged: start(['--logfile', 'runner.log']),
    silent: start(['--logger', `${nothing}#nothing`]),
  }
  const cpu = { logged: [], silent: [] }
  for (let round = 0; round < Math.ceil(rounds / 4); round += 1) {
    for (const [name, spawned] of Object.entries(servers)) {
      cpu[name].push(await cpuOfPoem(spawned, port))
    }
  }
  return [
    {
      what: 'server CPU per poem',
      unit: 'µs',
      value: median(cpu.logged),
      against: 'a log that drops all',
      base: median(cpu.silent),
    },
  ]
}

async function cpuOfPoem(start, port) {
  const child = await startServer(start, () => answering(port))
  await fetchPoems(port, POEMS / 2, AT_A_TIME)
  const before = cpuOf(child.pid)
  await fetchPoems(port, POEMS, AT_A_TIME)
  const used = (cpuOf(child.pid) - before) / POEMS
  await endServer(child)
  return used
}
