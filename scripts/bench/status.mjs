import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { inTurn, timeOf } from './timing.mjs'

/** What a script that asks a daemon how it is waits for. */
export async function status({ node, rounds, only }) {
  if (only !== undefined && !'status'.includes(only)) return []
  const work = mkdtempSync(join(tmpdir(), 'runner-bench-'))
  const env = {
    ...process.env,
    RUNNER_PLUGIN_PATH: poetryPlugin,
    RUNNER_RUNTIME_DIR: join(work, 'daemons'),
  }
  const options = { cwd: work, env }
  const time = (...args) => timeOf(node.path, args, options)
  time(runnerBin, 'fastpoetry', '--port', '0', '--poem', poem)
  try {
    const medians = await inTurn(rounds, {
      node: () => time('-e', '0'),
      one: () => time(runnerBin, 'status', '--pidfile', 'runner.pid'),
      all: () => time(runnerBin, 'status', '--json'),
    })
    const row = { unit: 'ms', against: 'node -e 0', base: medians.node, target: 1.6 }
    return [
      { what: 'status of one daemon', value: medians.one, ...row },
      { what: "status of all the user's daemons, one", value: medians.all, ...row },
    ]
  } finally {
    time(runnerBin, 'stop')
    rmSync(work, { recursive: true })
  }
}
