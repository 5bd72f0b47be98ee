import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answering, cpuOf, fetchPoems, freePort, memoryOf } from './poems.mjs'
import { poem, poetryPlugin, runnerBin, twistdVersion } from './programs.mjs'
import { endServer, inTurn, median, startServer } from './timing.mjs'
import { writeTwistdPlugin } from './twistd-poetry.mjs'

const bareServer = fileURLToPath(new URL('./bare-server.mjs', import.meta.url))
const POEMS = 20_000
const AT_A_TIME = 32

/** What a server costs: to start, to serve, to keep. */
export async function servers({ node, rounds, only }) {
  const wanted = (word) => only === undefined || word.includes(only)
  const work = mkdtempSync(join(tmpdir(), 'runner-bench-'))
  const port = await freePort()
  const servers = contestants(node, work, port)
  const rows = []
  if (wanted('foreground')) rows.push(await firstConnection(servers, rounds, port))
  if (wanted('cpu memory')) rows.push(...(await serving(servers, Math.ceil(rounds / 4), port)))
  rmSync(work, { recursive: true })
  return rows
}

function contestants(node, work, port) {
  const poetry = ['--port', String(port), '--poem', poem]
  const runner = [runnerBin, '--nodaemon', '--logfile', 'runner.log', 'fastpoetry', ...poetry]
  const twistd = ['--nodaemon', '--logfile', 'twistd.log', 'benchpoetry', ...poetry]
  const options = { cwd: work, stdio: 'ignore' }
  const ours = { ...options, env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin } }
  const theirs = { ...options, env: { ...process.env, PYTHONPATH: writeTwistdPlugin(work) } }
  return {
    runner: () => spawn(node.path, runner, ours),
    bare: () => spawn(node.path, [bareServer, String(port), poem], options),
    ...(twistdVersion() ? { twistd: () => spawn('twistd3', twistd, theirs) } : {}),
  }
}

async function firstConnection({ runner, bare }, rounds, port) {
  const time = (start) => async () => {
    const began = process.hrtime.bigint()
    const child = await startServer(start, () => answering(port))
    const took = Number(process.hrtime.bigint() - began) / 1e6
    await endServer(child)
    return took
  }
  const medians = await inTurn(rounds, { runner: time(runner), bare: time(bare) })
  return {
    what: 'foreground, spawn to first connection',
    unit: 'ms',
    value: medians.runner,
    against: 'bare server',
    base: medians.bare,
    target: { old: 2, new: 1.6 },
  }
}

async function serving(servers, rounds, port) {
  const cpu = emptyLists(servers)
  const memory = emptyLists(servers)
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, start] of Object.entries(servers)) {
      const child = await startServer(start, () => answering(port))
      memory[name].push(memoryOf(child.pid))
      // What a server does once, compiling and loading for its first full log, isn't
      // what a poem costs.
      await fetchPoems(port, POEMS / 2, AT_A_TIME)
      const before = cpuOf(child.pid)
      await fetchPoems(port, POEMS, AT_A_TIME)
      cpu[name].push((cpuOf(child.pid) - before) / POEMS)
      await endServer(child)
    }
  }
  const [ours, bare] = [median(cpu.runner), median(cpu.bare)]
  const perPoem = { what: 'server CPU per poem', unit: 'µs', value: ours }
  return [
    { ...perPoem, against: 'bare server', base: bare, target: 1.25 },
    { ...perPoem, against: 'twistd3', base: cpu.twistd && median(cpu.twistd), target: 1 },
    {
      what: 'memory, idle',
      unit: 'MB',
      value: median(memory.runner),
      against: 'bare server',
      base: median(memory.bare),
      target: 1.15,
    },
  ]
}

function emptyLists(contestants) {
  return Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
}
