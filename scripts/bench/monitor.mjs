import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { askForPoems, KEPT } from './kept-poems.mjs'
import { answering, cpuOf, fetchPoems, freePort } from './poems.mjs'
import { poem, poetryPlugin, runnerBin } from './programs.mjs'
import { endServer, median, startServer } from './timing.mjs'

const AT_A_TIME = 32

/** How often it is asked, in ms, as Prometheus does. */
const SCRAPE = 15_000

/**
 * What a monitor costs that is asked for its metrics as Prometheus does: the processor's
 * time of a poem, of two servers that are there at the same time and asked in turn, so that
 * both meet the same moods of the machine. It is what poems a second are the inverse of.
 */
export async function monitor({ node, rounds, work, only }) {
  if (only !== undefined && !'monitor'.includes(only)) return []
  writeFileSync(join(work, 'kept.mjs'), KEPT)
  const tac = () => ['--tac', join(work, 'kept.mjs')]
  const plugin = (port) => ['fastpoetry', '--port', String(port), '--poem', poem]
  const each = await compared(node, work, rounds, plugin, 4000, fetchPoems)
  const kept = await compared(node, work, rounds, tac, 30_000, askForPoems)
  return [
    { what: 'server CPU per poem with --monitor, a connection each', ...each },
    { what: 'server CPU per poem with --monitor, kept connections', ...kept },
  ]
}

/** @param fetch gets so many poems from a port */
async function compared(node, work, rounds, words, count, fetch) {
  const [port, other, monitored] = [await freePort(), await freePort(), await freePort()]
  const start = (at, own) => () => {
    const cwd = join(work, `monitor-${at}`)
    mkdirSync(cwd, { recursive: true })
    const log = ['--logfile', 'runner.log', '--log-level', 'error']
    return spawn(node.path, [runnerBin, '--nodaemon', ...log, ...own, ...words(at)], {
      cwd,
      stdio: 'ignore',
      env: { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin, PORT: String(at), POEM: poem },
    })
  }
  const endpoint = `tcp:${monitored}:interface=127.0.0.1`
  const without = await startServer(start(port, []), () => answering(port))
  const with_ = await startServer(start(other, ['--monitor', endpoint]), () => answering(other))
  const scraping = setInterval(() => scrape(monitored), SCRAPE)
  const costOf = async ({ pid }, at) => {
    const before = cpuOf(pid)
    await fetch(at, count, AT_A_TIME)
    return (cpuOf(pid) - before) / count
  }
  const costs = { base: [], value: [], ratio: [] }
  for (let round = -2; round < rounds; round += 1) {
    const asked = [async () => costOf(without, port), async () => costOf(with_, other)]
    // Neither is always the second.
    const swap = round % 2 !== 0
    const [first, second] = [await asked[swap ? 1 : 0](), await asked[swap ? 0 : 1]()]
    const [base, value] = swap ? [second, first] : [first, second]
    // The first rounds are for the compiler.
    if (round < 0) continue
    costs.base.push(base)
    costs.value.push(value)
    costs.ratio.push(value / base)
  }
  clearInterval(scraping)
  await Promise.all([endServer(without), endServer(with_)])
  const base = median(costs.base)
  return { unit: 'µs', value: base * median(costs.ratio), against: 'without', base, target: 1.02 }
}

function scrape(port) {
  get({ host: '127.0.0.1', port, path: '/metrics', agent: false }, (response) =>
    response.resume(),
  ).on('error', () => {})
}
