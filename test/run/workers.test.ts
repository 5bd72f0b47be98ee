import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'
import { ask } from '../helpers/control.ts'
import { freePort } from '../helpers/free-port.ts'
import { kill } from '../helpers/kill.ts'
import { fixtures } from '../helpers/paths.ts'
import { reload, writePlugin } from '../helpers/reloadable.ts'
import { daemon, foreground, gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { until } from '../helpers/until.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom, marked, withWorkers } from '../helpers/workers.ts'
import { sessionOf } from './conformance/processes.ts'

const title = (pid: number): string =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? ''

test('two workers serve on one port, and the process that started them runs no plugin', async (t) => {
  const { pid, port, workers, processes, log, pidfile } = await withWorkers(t, {
    imports:
      "process.on('exit', () => {}); globalThis.ran = process.pid; log.msg('plugin code in ' + process.pid)",
  })
  const [first = 0, second = 0] = await workers()
  assert.deepEqual(processes().sort(), [pid, first, second].sort())
  assert.equal(Number(readFileSync(pidfile, 'utf8')), pid)
  // What one worker is too busy for the other one serves.
  kill(first, 'SIGSTOP')
  assert.equal(await fetchFrom(port), `hello from ${second}`)
  kill(first, 'SIGCONT')
  kill(second, 'SIGSTOP')
  assert.equal(await fetchFrom(port), `hello from ${first}`)
  kill(second, 'SIGCONT')
  const ran = [...log().matchAll(/plugin code in (\d+)/g)].map((match) => Number(match[1]))
  assert.deepEqual(ran.sort(), [first, second].sort())
})

test('ps shows which is which, unless --originalname is given', async (t) => {
  const { pid, workers } = await withWorkers(t)
  const [first = 0, second = 0] = await workers()
  assert.equal(title(pid), 'runner told')
  assert.equal(title(first), 'runner told worker 1')
  assert.equal(title(second), 'runner told worker 2')
  const same = await withWorkers(t, {}, ['--workers', '1', '--originalname'])
  for (const each of same.processes()) assert.doesNotMatch(title(each), /^runner/)
})

test('a port that the system chooses is the same for all workers', async (t) => {
  const { cwd, env } = marked(t)
  writePlugin(cwd)
  const running = foreground(t, ['--workers', '3', 'told'], { cwd, env })
  await running.line(/(?:Worker \d with pid \d+ serves\.[\s\S]*){3}/)
  const ports = [...running.stdout().matchAll(/serve starting on (\d+)/g)].map(([, port]) => port)
  assert.equal(ports.length, 3)
  assert.equal(new Set(ports).size, 1)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
})

for (const value of ['0', '1.5', '1025', 'many']) {
  test(`--workers=${value} is refused in one line`, async (t) => {
    const cwd = tempDir(t)
    writePlugin(cwd)
    const { status, stderr } = await runner([`--workers=${value}`, 'told'], { cwd })
    assert.equal(status, 64)
    assert.match(
      stderr,
      /^runner: cannot run: option --workers needs a whole number from 1 to 1024, or auto, not ".*"\n$/,
    )
  })
}

test('RUNNER_WORKERS says how many too, and a tac file may have them', async (t) => {
  const { cwd, env, processes } = marked(t)
  const port = await freePort()
  const lines = `import { Application, TCPServer } from 'runnerd'
    export const application = new Application('made by hand')
    application.processName = 'by hand'
    new TCPServer(${port}, (socket) => socket.end('tac'), { interface: 'localhost' })
      .setServiceParent(application)`
  writeFileSync(join(cwd, 'hand.tac.js'), lines)
  const all = { ...env, RUNNER_WORKERS: '2' }
  const { status, stderr } = await runner(['--tac', 'hand.tac.js'], { cwd, env: all })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.equal(await fetchFrom(port), 'tac')
  assert.deepEqual(processes().map(title).sort(), [
    'by hand',
    'by hand worker 1',
    'by hand worker 2',
  ])
  const { name } = (await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json()
  assert.equal(name, 'made by hand')
})

const failures: [how: string, plugin: object, line: RegExp, status: number][] = [
  ['throws in makeService', { inMakeService: "throw new Error('no')" }, /cannot load told: no/, 70],
  [
    'exits',
    { inStart: 'process.exit(3)' },
    /cannot start told: it exited with status 3 before it was ready/,
    70,
  ],
  [
    'is killed',
    { inStart: "process.kill(process.pid, 'SIGKILL')" },
    /cannot start told: it was ended by SIGKILL before it was ready/,
    70,
  ],
  [
    'is the second and fails',
    { inStart: "if (process.title.endsWith('2')) throw new Error('not the second')" },
    /cannot start told: not the second/,
    70,
  ],
  [
    'wants a port twice',
    { inMakeService: 'new TCPServer(options.port, serve, at).setServiceParent(top)' },
    /cannot listen on 127\.0\.0\.1:\d+: address already in use.*/,
    69,
  ],
]

for (const [how, plugin, line, expected] of failures) {
  test(`a worker that ${how} at the start fails the whole start, and nothing is left`, async (t) => {
    const { cwd, env, processes } = marked(t)
    writePlugin(cwd, plugin)
    const words = ['--workers', '2', 'told', '--port', String(await freePort())]
    const { status, stderr } = await runner(words, { cwd, env })
    assert.match(stderr, new RegExp(`^runner: ${line.source}\\n(hint: .*\\n)?$`))
    assert.equal(status, expected)
    assert.deepEqual(processes(), [])
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
    assert.ok(!existsSync(join(cwd, 'runner.sock')))
    writePlugin(cwd)
    assert.equal((await runner(words, { cwd, env })).status, 0)
  })
}

test('a port that is wanted twice is found out before anything has started', async (t) => {
  const { cwd, env } = marked(t)
  const inMakeService = 'new TCPServer(options.port, serve, at).setServiceParent(top)'
  writePlugin(cwd, { inMakeService, inStart: "log.msg('has started')" })
  const words = ['--workers', '1', 'told', '--port', String(await freePort())]
  assert.equal((await runner(words, { cwd, env })).status, 69)
  assert.doesNotMatch(readFileSync(join(cwd, 'runner.log'), 'utf8'), /has started/)
})

test('a worker that is not ready in time fails the start', async (t) => {
  const { cwd, env, processes } = marked(t)
  writePlugin(cwd, { inStart: "if (process.title.endsWith('2')) await new Promise(() => {})" })
  const words = ['--start-timeout', '1', '--workers', '2', 'told']
  const { status, stderr } = await runner(words, { cwd, env })
  assert.match(stderr, /^runner: cannot start told: not ready within 1 second\n/)
  assert.equal(status, 75)
  await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops all workers in order, and ends the process by it`, async (t) => {
    const { cwd, env, processes } = marked(t)
    writePlugin(cwd)
    const running = foreground(t, ['--workers', '2', 'told'], { cwd, env })
    await running.line(/serves[\s\S]*serves/)
    const workers = processes().filter((each) => each !== running.pid)
    assert.equal(workers.length, 2)
    // A terminal's ^C is for the first process alone: it tells the others.
    for (const worker of workers) assert.notEqual(sessionOf(worker), sessionOf(running.pid))
    running.child.kill(signal)
    const ended = await running.ended
    assert.equal(ended.signal, signal)
    assert.match(ended.stdout, new RegExp(`\\[-\\] Received ${signal}, shutting down\\.`))
    for (const number of [1, 2]) {
      assert.match(
        ended.stdout,
        new RegExp(
          `\\[worker ${number}\\] Main loop terminated\\.[\\s\\S]*\\[worker ${number}\\] Server Shut`,
        ),
      )
    }
    assert.match(ended.stdout, /\[-\] Main loop terminated\.\n.*\[-\] Server Shut Down\.\n$/)
    assert.deepEqual(processes(), [])
  })
}

const STOP_LATE = `
  class Late extends Service {
    async stopService() { await super.stopService(); HOW }
  }
  const late = new Late()
  late.setName('slowcoach')
  if (process.title) late.setServiceParent(top)
`

test('what has not stopped in time is named, and the status says so', async (t) => {
  const inMakeService = STOP_LATE.replace('HOW', 'await new Promise(() => {})')
  const { cwd, pid, log } = await withWorkers(t, { inMakeService }, [
    ...['--workers', '2', '--stop-timeout', '0.5'],
  ])
  const { late } = (await ask(join(cwd, 'runner.sock'), 'POST', '/stop')).json<{ late: string[] }>()
  assert.deepEqual(late.map((name) => name.replace(/: .*slowcoach$/, ': slowcoach')).sort(), [
    'worker 1: slowcoach',
    'worker 2: slowcoach',
  ])
  await gone(pid)
  assert.match(log(), /\[worker 1\] Not stopped within 0\.5 seconds: .*slowcoach/)
})

test('a worker that loops instead of stopping is killed and named', async (t) => {
  const inMakeService = STOP_LATE.replace('HOW', "if (process.title.endsWith('2')) for (;;);")
  const { cwd, env, processes } = marked(t)
  writePlugin(cwd, { inMakeService })
  const words = ['--stop-timeout', '0.5', '--workers', '2', 'told']
  const running = foreground(t, words, { cwd, env })
  await running.line(/serves[\s\S]*serves/)
  running.child.kill('SIGTERM')
  const { status, stdout } = await running.ended
  assert.equal(status, 70)
  assert.match(stdout, /Not stopped within 0\.5 seconds: worker 2 with pid \d+|slowcoach/)
  assert.deepEqual(processes(), [])
})

test('a second signal ends all at once', async (t) => {
  const inMakeService = STOP_LATE.replace('HOW', 'await new Promise(() => {})')
  const { cwd, env, processes } = marked(t)
  writePlugin(cwd, { inMakeService })
  const running = foreground(t, ['--workers', '2', 'told'], { cwd, env })
  await running.line(/serves[\s\S]*serves/)
  running.child.kill('SIGTERM')
  await running.line(/\[worker 1\] Received SIGTERM/)
  running.child.kill('SIGINT')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGINT')
  assert.match(stdout, /Received SIGINT again, ending at once\./)
  await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('an application that stops itself in one worker ends the run with 0', async (t) => {
  const inMakeService = "process.on('SIGWINCH', () => void top.parent.stopService())"
  const { pid, workers, logged, processes, log } = await withWorkers(t, { inMakeService })
  const [, second = 0] = await workers()
  kill(second, 'SIGWINCH')
  await logged(/\[-\] The application has stopped itself in worker 2\./)
  await gone(pid)
  assert.deepEqual(processes(), [])
  assert.match(log(), /\[worker 1\] Received SIGTERM, shutting down\./)
})

test('SIGUSR1 rotates the log of all once, and all go on in the new one', async (t) => {
  const inMakeService = "process.on('SIGWINCH', () => log.msg('marked'))"
  const { cwd, pid, workers, logged, logfile } = await withWorkers(t, { inMakeService })
  process.kill(pid, 'SIGUSR1')
  await waitFor(`${logfile}.1`, () => (existsSync(`${logfile}.1`) ? true : undefined))
  for (const worker of await workers()) kill(worker, 'SIGWINCH')
  await logged(/\[worker [12]\] marked[\s\S]*\[worker [12]\] marked/)
  assert.ok(!existsSync(join(cwd, 'runner.log.2')))
})

test('the control socket tells of each worker, and of what all do together', async (t) => {
  const { pid, port, status, workers } = await withWorkers(t)
  await fetchFrom(port)
  const pids = await workers()
  kill(pids[0], 'SIGKILL')
  await waitFor('/proc', () => (isAlive(pids[0] ?? 0) ? undefined : true))
  // The process that has started it may hear of its end later than this one.
  const isBack = ({ workers: all }: RunStatus): boolean =>
    all?.[0]?.state === 'running' && all[0].pid !== pids[0]
  const told = await waitForStatus(status, isBack)
  assert.equal(told.pid, pid)
  assert.equal(told.state, 'running')
  const [first, second] = told.workers ?? []
  assert.equal(first?.restarts, 1)
  assert.equal(second?.restarts, 0)
  assert.equal(second?.pid, pids[1])
  assert.equal(told.listeners.length, 1)
  assert.equal(told.listeners[0]?.port, port)
  assert.deepEqual(
    told.services.map(({ name, state, details }) => [name, state, details?.pid]),
    [
      ['worker 1', 'running', first?.pid],
      ['worker 2', 'running', second?.pid],
    ],
  )
  assert.ok(JSON.stringify(told.services[1]).includes('TCPServer'))
})

test('the log is written otherwise by all workers when the control socket says so', async (t) => {
  const inMakeService = "process.on('SIGWINCH', () => log.debug('marked'))"
  const { cwd, workers, logged, log } = await withWorkers(t, { inMakeService })
  const change = JSON.stringify({ format: 'json', level: 'debug' })
  const { json } = await ask(join(cwd, 'runner.sock'), 'PUT', '/log', change)
  assert.equal(json<{ format: string }>().format, 'json')
  for (const worker of await workers()) kill(worker, 'SIGWINCH')
  await logged(
    /"worker [12]".*marked[\s\S]*"worker [12]".*marked|marked.*"worker[\s\S]*marked.*"worker/,
  )
  // And so by one that comes later.
  const [first = 0] = await workers()
  kill(first, 'SIGKILL')
  const [, next] = await logged(/Worker 1 with pid (\d+) serves again/)
  const before = log().length
  process.kill(Number(next), 'SIGWINCH')
  await logged(/^[\s\S]*marked[\s\S]*serves again[\s\S]*marked/)
  for (const line of log().slice(before).trimEnd().split('\n')) JSON.parse(line)
})

test('the inspector, a profile and a heap snapshot are those of one worker', async (t) => {
  const { cwd, env } = await withWorkers(t, { imports: "globalThis.mark = 'in the heap'" })
  const at = { cwd, env }
  assert.match((await runner(['debug', '--worker', '2'], at)).stdout, /^ws:\/\/127\.0\.0\.1:\d+\//)
  const profiled = await runner(['profile', '--seconds', '0.1', '--output', 'cpu'], at)
  assert.equal(profiled.stdout, 'cpu\n')
  assert.ok(Array.isArray(JSON.parse(readFileSync(join(cwd, 'cpu'), 'utf8')).nodes))
  const snapshot = await runner(['heap', '--worker', '2', '--output', 'heap'], at)
  assert.equal(snapshot.stdout, 'heap\n')
  assert.ok(readFileSync(join(cwd, 'heap'), 'utf8').includes('"in the heap"'))
  const { status, stderr } = await runner(['heap', '--worker', '3'], at)
  assert.equal(status, 64)
  assert.equal(stderr, 'runner: cannot take a heap snapshot of worker 3: there are only 2\n')
})

test('a UNIX socket and a UDP port are shared too, and the path goes with the last', async (t) => {
  const { cwd, env } = marked(t)
  const path = join(cwd, 'pid.sock')
  const port = await freePort()
  const all = { ...env, RUNNER_PLUGIN_PATH: join(fixtures, 'sockets') }
  const words = ['--workers', '2', 'sockets', '--port', String(port)]
  const { stop } = await daemon(t, words, { cwd, env: all })
  const pids = async (): Promise<number[]> =>
    ((await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json().workers ?? []).map(
      (worker) => worker.pid,
    )
  const asked = async (): Promise<number> => Number(await fetchFrom(path))
  assert.ok((await pids()).includes(await asked()))
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.send('who?', port, '127.0.0.1')
  const [answer] = await once(socket, 'message')
  assert.ok((await pids()).includes(Number(answer)))
  await reload(cwd)
  assert.ok((await pids()).includes(await asked()))
  await stop()
  assert.ok(!existsSync(path))
})

async function waitForStatus(
  status: () => Promise<RunStatus>,
  holds: (status: RunStatus) => boolean,
): Promise<RunStatus> {
  return await until('a status', async () => {
    const now = await status()
    return holds(now) ? now : undefined
  })
}
