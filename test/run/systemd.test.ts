import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { runnerBin } from '../helpers/paths.ts'
import { pidIn, type Reloadable, reload, running, writePlugin } from '../helpers/reloadable.ts'
import { cleanEnv, daemon, foreground, gone, type Running, send } from '../helpers/runner.ts'
import { serviceManager } from '../helpers/service-manager.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'
import { withWorkers } from '../helpers/workers.ts'
import { endAll, processesWith } from './conformance/processes.ts'

/** What takes its time to stop, so that a signal that comes late meets it. */
const SLOW_TO_STOP: Reloadable = {
  inMakeService: `
    const slow = new Service()
    slow.stopService = () => sleep(1).then(() => log.msg('slow has stopped in ' + process.pid))
    slow.setServiceParent(top)
  `,
}

/** Where the processes of a test run, which end with it. */
function marked(t: TestContext): { cwd: string; mark: NodeJS.ProcessEnv; all(): number[] } {
  const cwd = tempDir(t)
  const all = (): number[] => processesWith(`SYSTEMD_TEST=${cwd}`)
  t.after(() => endAll(all))
  return { cwd, mark: { SYSTEMD_TEST: cwd }, all }
}

/** As the stop of a unit begins: every process of it that is there still gets the signal. */
function signalAll(pids: readonly number[]): void {
  for (const pid of pids) send(pid, 'SIGTERM')
}

function stoppedIn(log: string): number[] {
  assert.doesNotMatch(log, /again, ending at once/)
  return [...log.matchAll(/slow has stopped in (\d+)/g)].map(([, pid]) => Number(pid)).sort()
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** A foreground run of the plugin that is written by then, when its services run. */
async function started(
  t: TestContext,
  at: { cwd: string; mark: NodeJS.ProcessEnv },
  env: NodeJS.ProcessEnv,
  words: readonly string[] = [],
  command?: readonly string[],
): Promise<Running> {
  const all = { ...at.mark, ...env }
  const options = { cwd: at.cwd, env: all, ...(command === undefined ? {} : { command }) }
  const first = foreground(t, [...words, 'told'], options)
  await running(at.cwd)
  return first
}

// Most of the time of a reload both generations just serve.
describe('as a unit of systemd', { concurrency: 4 }, () => {
  test('workers that get the signal of the stop too stop in order, and once', async (t) => {
    const { pid, workers, processes, log } = await withWorkers(t, SLOW_TO_STOP)
    const serving = await workers()
    signalAll(processes())
    await gone(pid)
    assert.deepEqual(stoppedIn(log()), serving.sort())
    assert.match(log(), /\[-\] Server Shut Down\.\n$/)
  })

  test('workers that get it because the process that started them was killed stop in order', async (t) => {
    const { pid, workers, processes, log } = await withWorkers(t, SLOW_TO_STOP)
    const serving = await workers()
    process.kill(pid, 'SIGKILL')
    await waitFor(pid.toString(), () => (/is gone, shutting down/.test(log()) ? true : undefined))
    signalAll(serving)
    await waitFor(pid.toString(), () => (processes().length === 0 ? true : undefined))
    assert.deepEqual(stoppedIn(log()), serving.sort())
  })

  test('generations after a foreground run stop in order when each gets the signal', async (t) => {
    const at = marked(t)
    writePlugin(at.cwd, SLOW_TO_STOP)
    const first = await started(t, at, {})
    const { pid } = await reload(at.cwd)
    await first.line(/Generation 1 with pid \d+ has drained/)
    signalAll([first.pid, pid])
    const { signal, stdout } = await first.ended
    assert.equal(signal, 'SIGTERM')
    assert.deepEqual(stoppedIn(stdout), [first.pid, pid].sort())
  })

  test('a second signal to a foreground run still ends the one that serves at once', async (t) => {
    const at = marked(t)
    const hung = SLOW_TO_STOP.inMakeService?.replace('sleep(1)', 'sleep(60)') ?? ''
    writePlugin(at.cwd)
    const first = await started(t, at, {})
    writePlugin(at.cwd, { inMakeService: hung })
    await reload(at.cwd)
    first.child.kill('SIGTERM')
    await first.line(/Received SIGTERM, shutting down/)
    first.child.kill('SIGTERM')
    assert.match((await first.ended).stdout, /Received SIGTERM again, ending at once/)
    assert.deepEqual(at.all(), [])
  })

  test('generations that drain stop in order when they get the signal, and are told as well', async (t) => {
    const at = marked(t)
    writePlugin(at.cwd, {
      inMakeService: SLOW_TO_STOP.inMakeService?.replace('sleep(1)', 'sleep(4)') ?? '',
    })
    const { pid, log } = await daemon(t, ['told'], { cwd: at.cwd, env: at.mark })
    // The last one is quick, and has others to wait for.
    writePlugin(at.cwd)
    const next = await reload(at.cwd)
    signalAll([pid, next.pid])
    await waitFor(at.cwd, () => (at.all().length === 0 ? true : undefined))
    assert.deepEqual(stoppedIn(log()), [pid])
    assert.match(log(), /Generation 1 with pid \d+ has drained and stopped\./)
  })

  test('a stop reaches every generation that drains by way of the one after it', async (t) => {
    const at = marked(t)
    writePlugin(at.cwd, {
      inMakeService: `
        const open = new Service()
        open.drain = () => sleep(60)
        open.stopService = () => log.msg('slow has stopped in ' + process.pid)
        open.setServiceParent(top)
      `,
    })
    const words = ['--drain-timeout', '60', '--stop-timeout', '5', 'told']
    const { pid, log } = await daemon(t, words, { cwd: at.cwd, env: at.mark })
    const second = await reload(at.cwd)
    const third = await reload(at.cwd)
    process.kill(third.pid, 'SIGTERM')
    await waitFor(at.cwd, () => (at.all().length === 0 ? true : undefined))
    assert.deepEqual(stoppedIn(log()), [pid, second.pid, third.pid].sort())
  })

  test('a successor that does not take over tells of no stop, which would be that of the unit', async (t) => {
    const at = marked(t)
    const path = join(tempDir(t), 'notify')
    const told = await serviceManager(t, path)
    writePlugin(at.cwd)
    const first = await started(t, at, { NOTIFY_SOCKET: path })
    assert.match(await told(), /^READY=1\|STATUS=Generation 1 serves/)
    writePlugin(at.cwd, { inStart: 'await sleep(60)' })
    const reloaded = reload(at.cwd)
    assert.match(await told(), /^RELOADING=1/)
    await first.line(/Log opened[\s\S]*Log opened/)
    signalAll(at.all().filter((pid) => pid !== first.pid))
    assert.match((await reloaded).line ?? '', /^cannot reload told: /)
    assert.match(await told(), /^READY=1\|STATUS=Generation 1 serves/)
    process.kill(pidIn(at.cwd), 'SIGTERM')
    assert.match(await told(), /^STOPPING=1/)
  })

  test('how a successor ends is known though it is nobody’s child', async (t) => {
    const at = marked(t)
    const path = join(tempDir(t), 'notify')
    await serviceManager(t, path)
    writePlugin(at.cwd)
    await started(t, at, { NOTIFY_SOCKET: path })
    writePlugin(at.cwd, { inStart: 'process.exit(9)' })
    const { line } = await reload(at.cwd)
    assert.equal(line, 'cannot reload told: it exited with status 9 before it was ready')
  })

  test('the successor of a daemon is systemd’s child while the one before it still drains', async (t) => {
    const at = marked(t)
    writePlugin(at.cwd, SLOW_TO_STOP)
    const env = { ...at.mark, INVOCATION_ID: 'f00d' }
    const { pid } = await daemon(t, ['told'], { cwd: at.cwd, env })
    const parent = parentOf(pid)
    const next = await reload(at.cwd)
    assert.equal(parentOf(next.pid), parent)
  })

  test('a service manager that can’t be told of a successor goes on with the process it knows', async (t) => {
    const at = marked(t)
    const env = { NOTIFY_SOCKET: join(at.cwd, 'notify') }
    writePlugin(at.cwd)
    const first = await started(t, at, env, [], withoutKoffi(t))
    const { pid } = await reload(at.cwd)
    await first.line(/Generation 1 with pid \d+ has drained/)
    assert.equal(parentOf(pid), first.pid)
    first.child.kill('SIGTERM')
    assert.equal((await first.ended).signal, 'SIGTERM')
    assert.deepEqual(at.all(), [])
  })

  for (const words of [['-n', 'nothing'], ['reload'], ['check', 'nothing']]) {
    test(`the journal gets the failure of runner ${words.join(' ')} as an error`, (t) => {
      const cwd = tempDir(t)
      const path = join(cwd, 'out')
      const fd = openSync(path, 'w')
      const { dev, ino } = statSync(path, { bigint: true })
      const env = cleanEnv(cwd, { JOURNAL_STREAM: `${dev}:${ino}` })
      const stdio = ['ignore', 'ignore', fd] as const
      spawnSync(process.execPath, [runnerBin, ...words], { cwd, env, stdio: [...stdio] })
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
      assert.match(lines[0] ?? '', /^<3>runner: cannot /)
      assert.ok(lines.every((line) => line.startsWith('<3>')))
    })
  }
})
