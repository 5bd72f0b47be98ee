import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kill } from '../helpers/kill.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { foreground, gone, isAlive, runner } from '../helpers/runner.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom, marked, withWorkers } from '../helpers/workers.ts'

const ENDS: [how: string, ends: string, said: RegExp][] = [
  ['is killed', "process.kill(process.pid, 'SIGKILL')", /was ended by SIGKILL/],
  ['exits', 'process.exit(0)', /exited with status 0/],
  ['throws what nobody catches', "throw new Error('bad luck')", /exited with status 70/],
]

for (const [how, ends, said] of ENDS) {
  test(`a worker that ${how} is replaced, and the others serve on`, async (t) => {
    const inMakeService = `process.on('SIGWINCH', () => setImmediate(() => { ${ends} }))`
    const { cwd, pid, port, workers, logged } = await withWorkers(t, { inMakeService })
    const [first = 0, second = 0] = await workers()
    // The next one is not to answer before the other was asked.
    writePlugin(cwd, {
      imports: "import { existsSync } from 'node:fs'",
      inStart: "while (!existsSync('go')) await sleep(0.02)",
    })
    kill(first, 'SIGWINCH')
    await gone(first)
    assert.equal(await fetchFrom(port), `hello from ${second}`)
    writeFileSync(join(cwd, 'go'), '')
    const sentence = `Worker 1 with pid ${first} ${said.source}; the next one is started in 0\\.\\d+ sec`
    await logged(new RegExp(sentence))
    const [, next] = await logged(/Worker 1 with pid (\d+) serves again\./)
    assert.deepEqual(await workers(), [Number(next), second])
    assert.ok(isAlive(pid))
  })
}

test('a worker that is told to stop by a signal of its own is replaced too', async (t) => {
  const { pid, workers, logged } = await withWorkers(t)
  const [, second = 0] = await workers()
  kill(second, 'SIGTERM')
  await logged(/Worker 2 with pid \d+ was ended by SIGTERM; the next one/)
  await logged(/Worker 2 with pid \d+ serves again\./)
  assert.ok(isAlive(pid))
})

test('a worker that keeps failing is given up: the others are stopped, the status is 79', async (t) => {
  const { cwd, env, processes } = marked(t)
  writePlugin(cwd)
  const running = foreground(t, ['--workers', '2', 'told'], { cwd, env })
  await running.line(/serves[\s\S]*serves/)
  const [, pid] = await running.line(/Worker 2 with pid (\d+) serves/)
  writePlugin(cwd, { inStart: "throw new Error('no database')" })
  process.kill(Number(pid), 'SIGKILL')
  const { status, stdout } = await running.ended
  assert.equal(status, 79)
  const waits = [...stdout.matchAll(/; the next one is started in (\d+\.\d+) seconds/g)]
  assert.equal(waits.length, 7)
  assert.match(stdout, /cannot start told: no database; the next one is started in/)
  assert.match(stdout, /Giving up: worker 2 was started again 7 times in a row/)
  assert.match(
    stdout,
    /\[worker 1\] Received SIGTERM, shutting down\.[\s\S]*\[worker 1\] Main loop/,
  )
  assert.deepEqual(processes(), [])
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('when the first process is killed the workers end, and the next start succeeds', async (t) => {
  // Something takes its time to stop, which must keep neither the port nor the pid file.
  const imports = "import { existsSync } from 'node:fs'"
  const inMakeService = `
    class Slow extends Service {
      async stopService() {
        await super.stopService()
        while (!existsSync('go')) await sleep(0.02)
      }
    }
    new Slow().setServiceParent(top)`
  const { cwd, pid, port, env, workers, processes, log } = await withWorkers(t, {
    imports,
    inMakeService,
  })
  const before = await workers()
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  const words = ['--workers', '2', 'told', '--port', String(port)]
  const { status, stderr } = await runner(words, { cwd, env })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.ok(before.every(isAlive))
  assert.equal(processes().length, 5)
  writeFileSync(join(cwd, 'go'), '')
  for (const each of before) await gone(each)
  assert.match(await fetchFrom(port), /^hello from/)
  assert.match(log(), /\[worker 1\] The process that started this worker is gone, shutting down\./)
})

test('the first process killed while workers start leaves nothing behind', async (t) => {
  const { cwd, env, processes } = marked(t)
  writePlugin(cwd, { inStart: "log.msg('starting'); await new Promise(() => {})" })
  const running = foreground(t, ['--workers', '2', 'told'], { cwd, env })
  await running.line(/starting\n/)
  running.child.kill('SIGKILL')
  await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
})

test('a stop while a worker is to be started again starts none', async (t) => {
  // The other one has not stopped yet when it would be time.
  const inMakeService = `
    const slow = new Service()
    slow.stopService = () => sleep(4)
    slow.setServiceParent(top)`
  const { cwd, pid, workers, logged, log, processes } = await withWorkers(t, { inMakeService })
  const [first = 0] = await workers()
  writePlugin(cwd, { inStart: "log.msg('starts anew'); throw new Error('no database')" })
  kill(first, 'SIGKILL')
  // The wait is longer each time: by then it is 1.6 to 3.2 seconds.
  await logged(/(; the next one is started in [\s\S]*){6}/)
  process.kill(pid, 'SIGTERM')
  await gone(pid)
  assert.deepEqual(processes(), [])
  assert.equal(log().match(/starts anew/g)?.length, 5)
})

test('while a worker is replaced nobody is refused: who connects is served by the next', async (t) => {
  const { port, workers, logged } = await withWorkers(t, {}, ['--workers', '1'])
  const [only = 0] = await workers()
  kill(only, 'SIGKILL')
  await gone(only)
  // Nobody accepts just now, and nobody is refused.
  const served = fetchFrom(port)
  const [, next] = await logged(/Worker 1 with pid (\d+) serves again\./)
  assert.equal(await served, `hello from ${next}`)
})
