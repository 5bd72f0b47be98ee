import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { answering, freePort, memoryOf } from './poems.mjs'
import { poetryPlugin, runnerCommand } from './programs.mjs'
import { endServer, startServer } from './timing.mjs'

const collector = fileURLToPath(new URL('./collect-garbage.cjs', import.meta.url))

/**
 * So many rounds fill caches, pools and the compiler's memory, and are not looked at. ftp
 * with Node 24 takes ten until it is flat; everything else, four.
 */
const WARM = 10

/**
 * So many are, of which the first third is compared with the last, the least of each: what
 * is more in one round and not in the next is not held.
 */
const ROUNDS = 12

/** Node 20's most, in MB; Node 24 goes on to 64. */
const YOUNG = ['--min-semi-space-size=16', '--max-semi-space-size=16']

/**
 * A row that says whether memory is flat while a load goes on: what is resident after
 * the last rounds of it beside what was after the first. A target of 1.05 is some 5 MB in
 * eight rounds: a round has to be of 1,000 requests at least, so that 1 kB of each that is
 * never let go is seen.
 *
 * The process is one of its own, so that nothing is done here to those whose speed is
 * measured, and the rounds are as many however few of those there are. It collects its
 * garbage before each look, its young generation has one size from the start, and malloc
 * gives back at once what is free: what grows then is what is held. Else it would be V8's
 * heap on its way to its usual size, by some 40 MB, and up and down by as much.
 *
 * @param dir where it runs
 * @param words what runner is called with, of a port
 * @param load a round of it, of a port
 */
export async function flatMemory(what, { node, dir }, words, load) {
  mkdirSync(dir, { recursive: true })
  const port = await freePort()
  const [program, args] = runnerCommand(node, ...words(port))
  const own = ['--expose-gc', ...YOUNG, '--require', collector]
  const child = await startServer(
    () =>
      spawn(program, [...own, ...args], {
        cwd: dir,
        env: {
          ...process.env,
          RUNNER_PLUGIN_PATH: poetryPlugin,
          MALLOC_MMAP_THRESHOLD_: String(16 * 1024),
        },
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      }),
    () => answering(port),
  )
  const found = []
  for (let round = -WARM; round < ROUNDS; round += 1) {
    await load(port)
    const memory = await memoryHeld(child)
    if (round >= 0) found.push(memory)
  }
  await endServer(child)
  return {
    what: `${what}, memory after ${WARM + ROUNDS} rounds`,
    unit: 'MB',
    value: Math.min(...found.slice(-ROUNDS / 3)),
    against: `after ${WARM + ROUNDS / 3}`,
    base: Math.min(...found.slice(0, ROUNDS / 3)),
    target: 1.05,
  }
}

/** What is resident of a server that has no garbage, in MB. */
async function memoryHeld(child) {
  const [, , , collecting] = child.stdio
  collecting.write('.')
  await once(collecting, 'data')
  return memoryOf(child.pid)
}
