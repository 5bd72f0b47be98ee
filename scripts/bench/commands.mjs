import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './poems.mjs'
import { poem, poetryPlugin, runnerBin, twistdVersion } from './programs.mjs'
import { inTurn, timeOf } from './timing.mjs'
import { writeTwistdPlugin } from './twistd-poetry.mjs'

/** What an operator waits for: a daemon. */
export async function commands({ node, rounds, only }) {
  const wanted = (word) => only === undefined || word.includes(only)
  return wanted('daemon') ? await daemonStart(node, rounds) : []
}

async function daemonStart(node, rounds) {
  const work = mkdtempSync(join(tmpdir(), 'runner-bench-'))
  const options = { cwd: work, env: { ...process.env, PYTHONPATH: writeTwistdPlugin(work) } }
  const port = await freePort()
  const ours = [runnerBin, 'fastpoetry', '--port', port, '--poem', poem]
  const theirs = ['benchpoetry', '--port', port, '--poem', poem]
  const runnerOptions = { ...options, env: { ...options.env, RUNNER_PLUGIN_PATH: poetryPlugin } }
  const medians = await inTurn(rounds, {
    runner: () => startAndEnd(node.path, ours, runnerOptions, join(work, 'runner.pid'), port),
    ...(twistdVersion()
      ? { twistd: () => startAndEnd('twistd3', theirs, options, join(work, 'twistd.pid'), port) }
      : {}),
  })
  rmSync(work, { recursive: true })
  return [
    {
      what: 'daemon, until the shell returns',
      unit: 'ms',
      value: medians.runner,
      against: 'twistd3',
      base: medians.twistd,
      target: { old: 0.75, new: 0.5 },
    },
  ]
}

/** The time until the shell returns; the port must answer then, or it doesn't count. */
async function startAndEnd(command, args, options, pidfile, port) {
  const took = timeOf(command, args.map(String), options)
  await new Promise((resolve, reject) => {
    connect(port, '127.0.0.1')
      .on('error', reject)
      .on('connect', resolve)
      .on('data', () => {})
  })
  const pid = Number(readFileSync(pidfile, 'utf8'))
  process.kill(pid, 'SIGTERM')
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 5))
  // twistd leaves it when the signal comes before its reactor runs.
  rmSync(pidfile, { force: true })
  return took
}

function isThere(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}
