import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../helpers/control.ts'
import { freePort } from '../helpers/free-port.ts'
import { kill } from '../helpers/kill.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { onceReady, reload, writePlugin } from '../helpers/reloadable.ts'
import { daemon, gone, isAlive, runner } from '../helpers/runner.ts'
import { until } from '../helpers/until.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom, marked, withWorkers } from '../helpers/workers.ts'

/** What makes a worker loop for ever when it is sent SIGWINCH. */
const LOOPS = "process.on('SIGWINCH', () => { log.msg('loops'); for (;;); })"

const skip = noOtherUser

for (const [whose, own] of [
  ['', []],
  [' of another user', ['--uid', 'nobody']],
] as const) {
  test(`workers${whose} that loop or are halted when the first process is killed are ended by the next start`, {
    skip: own.length > 0 && skip,
  }, async (t) => {
    const { cwd, env } = marked(t)
    chmodSync(cwd, 0o755)
    writePlugin(cwd, { inMakeService: LOOPS })
    const port = await freePort()
    const words = ['--workers', '3', ...own, 'told', '--port', String(port)]
    const { pid, log, logfile } = await daemon(t, words, { cwd, env })
    const { workers = [] } = (await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json()
    const [halted = 0, looping = 0, sound = 0] = workers.map((worker) => worker.pid)
    kill(halted, 'SIGSTOP')
    kill(looping, 'SIGWINCH')
    await waitFor(logfile, () => (/loops/.test(log()) ? true : undefined))
    process.kill(pid, 'SIGKILL')
    await gone(sound)
    assert.ok(isAlive(halted) && isAlive(looping))
    const { status, stderr } = await runner(words, { cwd, env })
    assert.equal(stderr, '')
    assert.equal(status, 0)
    for (const each of [halted, looping]) await gone(each)
    assert.match(await fetchFrom(port), /^hello from/)
    for (const each of [halted, looping]) {
      assert.ok(log().includes(`Ended by SIGKILL: pid ${each}, which a killed daemon had left`))
    }
  })
}

test('a worker that is halted when all is stopped is ended by SIGKILL and named', async (t) => {
  const own = ['--workers', '2', '--stop-timeout', '0.5']
  const { cwd, pid, workers, processes } = await withWorkers(t, {}, own)
  const [halted = 0] = await workers()
  kill(halted, 'SIGSTOP')
  const reply = await ask(join(cwd, 'runner.sock'), 'POST', '/stop')
  assert.deepEqual(reply.json<object>(), { late: ['worker 1 (was late, and killed)'], status: 70 })
  await gone(pid)
  assert.deepEqual(processes(), [])
})

test('a new worker that is halted as it stops itself just after it was ready is ended by SIGKILL', async (t) => {
  const own = ['--workers', '1', '--stop-timeout', '0.5']
  const env = { RUNNER_TRACE: 'trace' }
  const { cwd, pid, workers, logged, processes } = await withWorkers(t, {}, own, env)
  const stops = "this.parent.parent.stopService(); process.kill(process.pid, 'SIGSTOP')"
  writePlugin(cwd, { inStart: onceReady(stops) })
  assert.match((await reload(cwd)).line ?? '', /: it stopped itself just after it was ready$/)
  const [, halted] = await logged(/Worker 1 with pid (\d+) of generation 2 has not ended in time/)
  await gone(Number(halted))
  assert.deepEqual(processes().sort(), [pid, ...(await workers())].sort())
})

test('an old worker that loops or is halted is ended some time after a reload, and shown until then', async (t) => {
  const own = ['--workers', '2', '--drain-timeout', '3', '--stop-timeout', '0.5']
  const { cwd, pid, workers, status, logged, processes } = await withWorkers(
    t,
    { inMakeService: LOOPS },
    own,
  )
  const [halted = 0, looping = 0] = await workers()
  kill(halted, 'SIGSTOP')
  kill(looping, 'SIGWINCH')
  await logged(/loops/)
  const answer = await reload(cwd)
  assert.deepEqual(answer, { pid, generation: 2 })
  const shown = await status()
  const left = shown.leaving?.map(({ number, generation, state }) => [number, generation, state])
  assert.deepEqual(left?.at(-1), [2, 1, 'draining'])
  assert.ok(shown.services.some(({ details }) => details?.pid === looping))
  for (const [number, old] of [
    [1, halted],
    [2, looping],
  ]) {
    await logged(
      new RegExp(`Worker ${number} with pid ${old} of generation 1 has not ended in time`),
    )
    await gone(old ?? 0)
  }
  assert.deepEqual(processes().sort(), [pid, ...(await workers())].sort())
  // The process that has ended them may hear that they are gone later than this one.
  await until('none to be leaving', async () => (await status()).leaving?.length === 0 || undefined)
})
