import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as passed } from 'node:timers/promises'
import { kill } from '../helpers/kill.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { fetchFrom, withWorkers } from '../helpers/workers.ts'

/** What makes a worker loop for ever when it is sent SIGWINCH. */
const LOOPS = "process.on('SIGWINCH', () => { log.msg('loops'); for (;;); })"
/** Longer than the time given here, in ms: more beats are missing than may be. */
const LONGER = 2500
const own = ['--workers', '2', '--worker-timeout', '1']

test('a worker whose event loop stands still is named, killed and replaced, and the other serves on', async (t) => {
  const { port, workers, logged, status } = await withWorkers(t, { inMakeService: LOOPS }, own)
  const [first = 0, second = 0] = await workers()
  kill(first, 'SIGWINCH')
  const killed = `Worker 1 with pid ${first} has been silent for 1 second\\. Ending it by SIGKILL\\.`
  const next = `Worker 1 with pid ${first} was ended by SIGKILL; the next one is started in 0`
  await logged(new RegExp(`${killed}\n.* ${next}`))
  const [, third] = await logged(/Worker 1 with pid (\d+) serves again\./)
  assert.deepEqual(await workers(), [Number(third), second])
  assert.equal((await status()).workers?.[0]?.restarts, 1)
  assert.match(await fetchFrom(port), /^hello from/)
})

test('workers that were suspended with the first process, or only waited for it, are not killed', async (t) => {
  const { pid, workers, logged, log } = await withWorkers(t, { inMakeService: LOOPS }, own)
  const [first = 0, second = 0] = await workers()
  for (const suspended of [[pid, first, second], [pid]]) {
    for (const each of suspended) kill(each, 'SIGSTOP')
    await passed(LONGER)
    for (const each of suspended) kill(each, 'SIGCONT')
  }
  // It is still looked after.
  kill(first, 'SIGWINCH')
  await logged(new RegExp(`Worker 1 with pid ${first} has been silent`))
  assert.equal(log().split('has been silent').length, 2)
  assert.equal((await workers())[1], second)
})

test('workers that are long in starting, whose heap is written or whose inspector is open may be silent', async (t) => {
  const { cwd, env, workers, logged, log } = await withWorkers(
    t,
    {
      imports: 'globalThis.much = Array.from({ length: 300000 }, (_, at) => ({ at }))',
      inStart: `for (const end = performance.now() + ${LONGER}; performance.now() < end; );`,
      inMakeService: LOOPS,
    },
    own,
  )
  const [first = 0, second = 0] = await workers()
  const heap = await runner(['heap', '--worker', '2', '--output', 'heap'], { cwd, env })
  assert.equal(heap.status, 0)
  const debug = await runner(['debug', '--worker', '1'], { cwd, env })
  assert.equal(debug.status, 0)
  kill(first, 'SIGWINCH')
  await passed(LONGER)
  kill(second, 'SIGWINCH')
  await logged(new RegExp(`Worker 2 with pid ${second} has been silent`))
  assert.equal(log().split('has been silent').length, 2)
  assert.equal((await workers())[0], first)
})

test('--worker-timeout 0 is no time, but no limit', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const words = ['check', '--workers', '2', '--worker-timeout', '0', 'told']
  assert.equal((await runner(words, { cwd })).status, 0)
})
