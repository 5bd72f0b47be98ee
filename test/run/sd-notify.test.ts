import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { pidIn, writePlugin } from '../helpers/reloadable.ts'
import { cleanEnv, daemon, foreground } from '../helpers/runner.ts'
import { type Heard, serviceManager } from '../helpers/service-manager.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'
import { endAll, processesWith } from './conformance/processes.ts'

const skip = process.getuid?.() === 0 ? false : 'only root may change the root'
const probe = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

/** A signal has it loop for ever, and say so before. */
const LOOPS = "process.on('SIGUSR2', () => { writeFileSync('looping', ''); for (;;); })"

/** What is never said would be waited for for ever. */
const timeout = 120_000

const READY = 'READY=1|STATUS=Generation 1 serves'

for (const [kind, pathIn] of [
  ['a path', (cwd: string) => join(cwd, 'notify')],
  ['an abstract name', (cwd: string) => `@${cwd}/notify`],
] as const) {
  test(`the service manager hears of the start and the stop, at ${kind}`, async (t) => {
    const cwd = tempDir(t)
    const path = pathIn(cwd)
    const told = await serviceManager(t, path)
    const running = foreground(t, ['probe'], { cwd, env: { ...probe, NOTIFY_SOCKET: path } })
    assert.equal(await told(), READY)
    await running.line(/\[-\] all up\n/)
    running.child.kill('SIGTERM')
    assert.equal(await told(), 'STOPPING=1|STATUS=Stopping')
    const { signal, stdout } = await running.ended
    assert.equal(signal, 'SIGTERM')
    assert.doesNotMatch(stdout, /cannot notify/)
    assert.deepEqual(await told.rest(), [])
  })
}

test('a daemon tells it too', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const { stop } = await daemon(t, ['probe'], { cwd, env: { ...probe, NOTIFY_SOCKET: path } })
  assert.equal(await told(), READY)
  await stop()
  assert.equal(await told(), 'STOPPING=1|STATUS=Stopping')
})

test('of several workers the process that started them tells, once for all', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const words = ['--workers', '2', 'probe']
  const { pid, stop } = await daemon(t, words, { cwd, env: { ...probe, NOTIFY_SOCKET: path } })
  assert.equal(await told(), 'READY=1|STATUS=Generation 1 serves with 2 workers')
  process.kill(pid, 'SIGHUP')
  assert.match(await told(), /^RELOADING=1\|MONOTONIC_USEC=\d+\|STATUS=Reloading$/)
  assert.equal(await told(), 'READY=1|STATUS=Generation 2 serves with 2 workers')
  await stop()
  assert.deepEqual(await told.rest(), ['STOPPING=1|STATUS=Stopping'])
})

test('a daemon in another root tells it, by the socket it had before', { skip }, async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'jail'))
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const args = ['--chroot', 'jail', '--pidfile=', 'probe']
  const running = foreground(t, args, { cwd, env: { ...probe, NOTIFY_SOCKET: path } })
  assert.equal(await told(), READY)
  running.child.kill('SIGTERM')
  assert.equal(await told(), 'STOPPING=1|STATUS=Stopping')
  await running.ended
})

test('a service manager that is not there is said once, and nothing else changes', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'nobody')
  const running = foreground(t, ['probe'], { cwd, env: { ...probe, NOTIFY_SOCKET: path } })
  await running.line(/cannot connect .*nobody: no such file or directory\n/)
  running.child.kill('SIGTERM')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGTERM')
  assert.equal(stdout.match(/cannot connect/g)?.length, 1)
})

test('without koffi the log says that nobody was told', async (t) => {
  const cwd = tempDir(t)
  const options = {
    cwd,
    command: withoutKoffi(t),
    env: { ...probe, NOTIFY_SOCKET: join(cwd, 'x') },
  }
  const running = foreground(t, ['probe'], options)
  await running.line(/cannot notify the service manager: koffi is not installed\n/)
})

test('a start that fails is told as the status that is shown', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  writePlugin(cwd, { inStart: "throw new Error('it is not in the mood')" })
  const env = { NOTIFY_SOCKET: path }
  assert.equal((await foreground(t, ['told'], { cwd, env }).ended).status, 70)
  assert.deepEqual(await told.rest(), ['STATUS=cannot start told: it is not in the mood'])
})

/** Waits for what is said next besides that it lives, and counts that. */
async function after(told: Heard): Promise<{ fed: number; next: string }> {
  for (let fed = 0; ; fed += 1) {
    const next = await told()
    if (next !== 'WATCHDOG=1') return { fed, next }
  }
}

for (const [whose, words] of [
  ['whoever is started', ['--nodaemon']],
  ['the daemon, whose parent is named,', []],
  ['workers, by whoever started them,', ['--nodaemon', '--workers', '2']],
] as const) {
  test(`the watchdog of ${whose} is fed, as long as the event loop turns`, {
    timeout,
  }, async (t) => {
    const cwd = tempDir(t)
    const path = join(cwd, 'notify')
    const told = await serviceManager(t, path)
    const processes = (): number[] => processesWith(`WATCHDOG_TEST=${cwd}`)
    t.after(() => endAll(processes))
    writePlugin(cwd, { inMakeService: LOOPS, imports: "import { writeFileSync } from 'node:fs'" })
    // The process that a service manager starts is the one that it names.
    const script = 'WATCHDOG_PID=$$ exec "$@"'
    const child = spawn('sh', ['-c', script, 'sh', process.execPath, runnerBin, ...words, 'told'], {
      cwd,
      env: cleanEnv(cwd, { WATCHDOG_TEST: cwd, NOTIFY_SOCKET: path, WATCHDOG_USEC: '40000' }),
      stdio: 'ignore',
    })
    assert.match(await told(), /^READY=1/)
    for (let fed = 0; fed < 5; fed += 1) assert.equal(await told(), 'WATCHDOG=1')
    const pid = await waitFor(cwd, () => pidIn(cwd) || undefined)
    if (words.length > 1) {
      process.kill(pid, 'SIGTERM')
      assert.equal((await after(told)).next, 'STOPPING=1|STATUS=Stopping')
      return
    }
    process.kill(pid, 'SIGUSR2')
    await waitFor(cwd, () => (existsSync(join(cwd, 'looping')) ? true : undefined))
    await told.rest()
    // Long enough to be fed twenty times.
    await pause(400)
    assert.deepEqual(await told.rest(), [])
    assert.equal(words.length === 0, child.pid !== pid)
  })
}

test('the watchdog of another process is not fed, nor one without a time', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  for (const variables of [
    { WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' },
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: 'soon' },
  ]) {
    const env = { ...probe, NOTIFY_SOCKET: path, ...variables }
    const running = foreground(t, ['probe'], { cwd, env })
    assert.equal(await told(), READY)
    await running.line(/\[-\] all up\n/)
    // Twenty times what would be fed.
    await pause(200)
    running.child.kill('SIGTERM')
    await running.ended
    assert.deepEqual(await told.rest(), ['STOPPING=1|STATUS=Stopping'])
  }
})

test('in a reload the one before feeds the watchdog until the next is the main process, and that one after', {
  timeout,
}, async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const processes = (): number[] => processesWith(`WATCHDOG_TEST=${cwd}`)
  t.after(() => endAll(processes))
  writePlugin(cwd)
  const env = { WATCHDOG_TEST: cwd, NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' }
  const first = foreground(t, ['told'], { cwd, env })
  // Its output stays open, for the next one has it too.
  const exited = once(first.child, 'exit')
  assert.equal(await told(), READY)
  for (const generation of [2, 3]) {
    process.kill(pidIn(cwd), 'SIGHUP')
    const before = await after(told)
    assert.match(before.next, /^RELOADING=1/)
    const { fed, next } = await after(told)
    // Both serve for a second before.
    assert.ok(fed > 3)
    const said = `\\|WATCHDOG=1\\|READY=1\\|STATUS=Generation ${generation} serves$`
    const [, pid] = new RegExp(`^MAINPID=(\\d+)${said}`).exec(next) ?? []
    assert.equal(Number(pid), pidIn(cwd))
    if (generation === 2) await exited
    assert.equal(await told(), 'WATCHDOG=1')
    assert.equal(await told(), 'WATCHDOG=1')
  }
  process.kill(pidIn(cwd), 'SIGTERM')
  assert.equal((await after(told)).next, 'STOPPING=1|STATUS=Stopping')
})
