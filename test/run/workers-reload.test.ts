import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../helpers/control.ts'
import { firstProcess, noFirstProcess } from '../helpers/first-process.ts'
import { freePort } from '../helpers/free-port.ts'
import { kill } from '../helpers/kill.ts'
import { onceReady, reload, writePlugin } from '../helpers/reloadable.ts'
import { foreground, gone, isAlive } from '../helpers/runner.ts'
import { until } from '../helpers/until.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom, marked, withWorkers } from '../helpers/workers.ts'

test('a reload replaces one worker after the other, with new code, on the same port', async (t) => {
  const { cwd, pid, port, workers, status, processes, log } = await withWorkers(t)
  const before = await workers()
  writePlugin(cwd, { says: 'good evening' })
  const answer = await reload(cwd)
  assert.deepEqual(answer, { pid, generation: 2 })
  const after = await workers()
  for (const old of before) await gone(old)
  assert.deepEqual(processes().sort(), [pid, ...after].sort())
  assert.match(await fetchFrom(port), /^good evening from /)
  assert.equal((await status()).generation, 2)
  const order = [...log().matchAll(/Worker (\d) with pid (\d+) has taken over/g)].map(
    ([, number, next]) => [Number(number), Number(next)],
  )
  assert.deepEqual(order, [
    [1, after[0]],
    [2, after[1]],
  ])
})

test('SIGHUP reloads all, sent to the first process or to a worker', async (t) => {
  const { pid, workers, logged } = await withWorkers(t)
  process.kill(pid, 'SIGHUP')
  await logged(/Generation 2 serves\./)
  kill((await workers())[1], 'SIGHUP')
  await logged(/Generation 3 serves\./)
  assert.ok(isAlive(pid))
})

test('reloads asked for in a row are made one after another', async (t) => {
  const { cwd } = await withWorkers(t, {}, ['--workers', '1'])
  const answers = await Promise.all([reload(cwd), reload(cwd)])
  assert.deepEqual(
    answers.map(({ generation }) => generation),
    [2, 3],
  )
})

const faults: [fault: string, plugin: object, reason: RegExp, status: number][] = [
  ['throws in makeService', { inMakeService: "throw new Error('no')" }, /: no$/, 70],
  ['throws in startService', { inStart: "throw new Error('not today')" }, /: not today$/, 70],
  [
    'exits just after it was ready',
    { inStart: onceReady('process.exit(0)') },
    /: it exited with status 0 just after it was ready$/,
    70,
  ],
  [
    'stops itself just after it was ready',
    { inStart: onceReady('this.parent.parent.stopService()') },
    /: it stopped itself just after it was ready$/,
    70,
  ],
  [
    'hangs while it starts',
    { inStart: 'await new Promise(() => {})' },
    /: not ready within 10 seconds$/,
    75,
  ],
]

test('a first new worker that fails leaves all as it was, and whoever asked is told', async (t) => {
  const own = ['--start-timeout', '10', '--workers', '2']
  const { cwd, pid, port, workers, processes, log } = await withWorkers(t, {}, own, {
    RUNNER_TRACE: 'trace',
  })
  const before = await workers()
  for (const [fault, plugin, reason, status] of faults) {
    writePlugin(cwd, plugin)
    const failed = await reload(cwd)
    assert.match(failed.line ?? '', /^cannot reload told: /, fault)
    assert.match(failed.line ?? '', reason, fault)
    assert.equal(failed.status, status, fault)
    assert.deepEqual(await workers(), before, fault)
    assert.ok(log().includes(failed.line ?? '?'), fault)
  }
  assert.deepEqual(processes().sort(), [pid, ...before].sort())
  // What is wrong with it before it starts no worker was started to find.
  assert.doesNotMatch(log(), /\[worker 1\] cannot load/)
  assert.match(await fetchFrom(port), /^hello from /)
  writePlugin(cwd)
  assert.equal((await reload(cwd)).generation, 2)
})

test('a later one that fails stops the reload; what was replaced stays so', async (t) => {
  const { cwd, workers } = await withWorkers(t)
  const [first = 0, second = 0] = await workers()
  writePlugin(cwd, { inStart: "if (process.title.endsWith('2')) throw new Error('not here')" })
  const failed = await reload(cwd)
  assert.equal(failed.line, 'cannot reload told: worker 2 of 2: not here')
  assert.match(failed.hint ?? '', /^worker 2 goes on as before, the others are of the new gener/)
  assert.equal(failed.status, 70)
  const [firstNow, secondNow] = await workers()
  assert.notEqual(firstNow, first)
  assert.equal(secondNow, second)
  assert.ok(isAlive(second))
  writePlugin(cwd)
  assert.equal((await reload(cwd)).generation, 3)
})

test('ports that are new are bound, and ports that nobody wants any more are closed', async (t) => {
  const { cwd, port } = await withWorkers(t)
  const more = await freePort()
  const server = `new TCPServer(${more}, serve, at).setServiceParent(top)`
  writePlugin(cwd, { inMakeService: server })
  await reload(cwd)
  assert.match(await fetchFrom(more), /^hello/)
  writePlugin(cwd)
  await reload(cwd)
  // The old worker that had it last may be about to close it.
  await until(`port ${more} to be closed`, async () => {
    const answer = await fetchFrom(more).catch((error: NodeJS.ErrnoException) => error.code)
    return answer === 'ECONNREFUSED' || undefined
  })
  assert.match(await fetchFrom(port), /^hello/)
})

test('a reload that fails while no worker is up leaves the port as it was', async (t) => {
  const { cwd, port, workers, logged } = await withWorkers(t, {}, ['--workers', '1'])
  const [only = 0] = await workers()
  // The next one has not asked for its port yet.
  writePlugin(cwd, { imports: "log.msg('not yet'); await new Promise(() => {})" })
  kill(only, 'SIGKILL')
  await logged(/\[worker 1\] not yet/)
  writeFileSync(join(cwd, 'plugins', 'told.js'), '{')
  assert.match((await reload(cwd)).line ?? '', /^cannot reload told: /)
  // Nobody accepts just now, and nobody is refused.
  const served = fetchFrom(port)
  writePlugin(cwd)
  assert.equal((await reload(cwd)).generation, 2)
  assert.equal(await served, `hello from ${(await workers())[0]}`)
})

for (const [what, inStart] of [
  ['hangs', 'await new Promise(() => {})'],
  ['loops', 'for (;;);'],
] as const) {
  test(`a stop in the middle of a reload ends all, also a new worker that ${what}`, async (t) => {
    const own = ['--start-timeout', '1000', '--workers', '2']
    const { cwd, pid, processes, logged } = await withWorkers(t, {}, own)
    writePlugin(cwd, { inStart })
    const answer = reload(cwd)
    await logged(/(serve starting[\s\S]*){3}/)
    process.kill(pid, 'SIGTERM')
    assert.match((await answer).line ?? '', /^cannot reload told: it is being stopped$/)
    await gone(pid)
    assert.deepEqual(processes(), [])
  })
}

test('a stop ends the workers that still drain too', async (t) => {
  const inMakeService = `
    const stay = (socket) => socket.on('error', () => {}).write('open')
    new TCPServer(0, stay, at).setServiceParent(top)`
  const own = ['--drain-timeout', '1000', '--workers', '1']
  const { cwd, pid, port, processes, status } = await withWorkers(t, { inMakeService }, own)
  const other = (await status()).listeners.find((each) => each.port !== port)
  const client = connect(other?.port ?? 0, '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'data')
  await reload(cwd)
  assert.equal(processes().length, 3)
  const closed = once(client, 'close')
  const reply = await ask(join(cwd, 'runner.sock'), 'POST', '/stop')
  assert.deepEqual(reply.json<object>(), { late: [], status: 0 })
  await closed
  await gone(pid)
  assert.deepEqual(processes(), [])
})

test('reloads that still wait when all is stopped start no worker', async (t) => {
  const { cwd, pid, processes, log, logged } = await withWorkers(t)
  writePlugin(cwd, { inStart: 'await new Promise(() => {})' })
  const answers = [reload(cwd), reload(cwd), reload(cwd)]
  await logged(/(serve starting[\s\S]*){3}/)
  process.kill(pid, 'SIGTERM')
  for (const { line } of await Promise.all(answers)) {
    assert.match(line ?? '', /^cannot reload told: it is being stopped$/)
  }
  await gone(pid)
  assert.deepEqual(processes(), [])
  assert.equal(log().match(/serve starting/g)?.length, 3)
})

test('the first process killed in the middle of a reload leaves nothing behind', async (t) => {
  const { cwd, pid, processes } = await withWorkers(t)
  writePlugin(cwd, { inStart: 'await new Promise(() => {})' })
  reload(cwd).catch(() => {})
  await waitFor(cwd, () => (processes().length === 4 ? true : undefined))
  process.kill(pid, 'SIGKILL')
  await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
})

test('with --nodaemon the same process stays, and ends by the signal that it gets', async (t) => {
  const { cwd, env, processes } = marked(t)
  writePlugin(cwd)
  const running = foreground(t, ['--workers', '2', 'told'], { cwd, env })
  await running.line(/serves[\s\S]*serves/)
  running.child.kill('SIGHUP')
  await running.line(/Generation 2 serves\./)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
  assert.deepEqual(processes(), [])
})

test('the first process of a container reloads its workers', {
  skip: noFirstProcess,
}, async (t) => {
  const { cwd, env } = marked(t)
  writePlugin(cwd)
  const own = ['--nodaemon', '--pidfile', 'runner.pid', '--workers', '2']
  const container = await firstProcess(t, [...own, 'told'], { cwd, env })
  await container.line(/serves[\s\S]*serves/)
  assert.deepEqual(await reload(cwd), { pid: 1, generation: 2 })
  container.kill('SIGTERM')
  const { status, stdout } = await container.ended
  assert.equal(status, 143)
  assert.match(stdout, /\[-\] Server Shut Down\.\n$/)
})

test('descriptors and processes after several reloads are as many as after the first', async (t) => {
  const { cwd, pid, processes } = await withWorkers(t, {}, ['--workers', '1'])
  const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length
  await reload(cwd)
  await waitFor(cwd, () => (processes().length === 2 ? true : undefined))
  const before = descriptors()
  for (let i = 0; i < 4; i += 1) await reload(cwd)
  await waitFor(cwd, () => (processes().length === 2 ? true : undefined))
  // Whoever asked for the last reload may be about to hang up.
  await waitFor(cwd, () => (descriptors() <= before ? true : undefined))
})
