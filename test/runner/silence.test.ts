import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as silence from '../../packages/runner/dist/workers/silence.d.ts'
import type { WorkerProcess } from '../../packages/runner/dist/workers/worker-process.d.ts'
import type * as slots from '../../packages/runner/dist/workers/worker-slot.d.ts'
import { root } from '../helpers/paths.ts'

const built = (name: string): Promise<unknown> =>
  import(pathToFileURL(join(root, 'packages', 'runner', 'dist', 'workers', name)).href)
const { SilenceWatch } = (await built('silence.js')) as typeof silence
const { WorkerSlot } = (await built('worker-slot.js')) as typeof slots

class FakeWorker {
  readonly order = { number: 1 }
  readonly pid = 1
  state = 'running'
  beats = 0
  mayBeSilent = false
  silent = 0
  end: (end: object) => void = () => {}
  readonly ended: Promise<object> = new Promise((resolve) => {
    this.end = resolve
  })

  async start(): Promise<void> {}

  killSilent(seconds: number): void {
    this.silent = seconds
    this.end({ status: null, signal: 'SIGKILL' })
  }

  get real(): WorkerProcess {
    return this as unknown as WorkerProcess
  }
}

/** A clock of the test's own, for timers and for what they look at. */
function clock(t: TestContext) {
  let now = 0
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  t.mock.method(performance, 'now', () => now)
  const pass = async (seconds: number): Promise<void> => {
    for (let tenth = 0; tenth < seconds * 10; tenth += 1) {
      now += 100
      t.mock.timers.tick(100)
      // What promises have to do is done before the next one.
      await new Promise(setImmediate)
    }
  }
  /** Time goes by and no timer comes. */
  const suspend = (seconds: number): void => {
    now += seconds * 1000
  }
  return { pass, suspend }
}

test('a worker is ended that is silent for longer than it may, and one more look', async (t) => {
  const { pass } = clock(t)
  const [mute, sound] = [new FakeWorker(), new FakeWorker()]
  const watch = new SilenceWatch(4)
  for (const each of [mute, sound]) watch.watch(each.real)
  for (let second = 0; second < 5; second += 1) {
    sound.beats += 1
    await pass(1)
    assert.equal(mute.silent, 0)
  }
  await pass(1.1)
  assert.ok(mute.silent > 4)
  assert.equal(sound.silent, 0)
})

test('a beat begins anew; what may be silent or drains is left alone', async (t) => {
  const { pass } = clock(t)
  const [late, debugged, draining] = [new FakeWorker(), new FakeWorker(), new FakeWorker()]
  const watch = new SilenceWatch(4)
  for (const each of [late, debugged, draining]) watch.watch(each.real)
  debugged.mayBeSilent = true
  draining.state = 'draining'
  await pass(4)
  late.beats += 1
  await pass(5)
  assert.deepEqual([late.silent, debugged.silent, draining.silent], [0, 0, 0])
  debugged.mayBeSilent = false
  await pass(7)
  assert.ok(late.silent > 4 && debugged.silent > 4)
  assert.equal(draining.silent, 0)
})

test('time in which this process did not run either is no silence', async (t) => {
  const { pass, suspend } = clock(t)
  const worker = new FakeWorker()
  new SilenceWatch(4).watch(worker.real)
  for (let second = 0; second < 20; second += 1) {
    suspend(3600)
    // It takes a moment to come back itself.
    await pass(3)
    worker.beats += 1
    await pass(1)
  }
  assert.equal(worker.silent, 0)
})

test('with 0 nobody is ended', async (t) => {
  const { pass } = clock(t)
  const worker = new FakeWorker()
  new SilenceWatch(0).watch(worker.real)
  await pass(120)
  assert.equal(worker.silent, 0)
})

test('the time for which a worker hung is no time in which it served: it is given up', async (t) => {
  const { pass } = clock(t)
  const made: FakeWorker[] = []
  let given = 0
  const slot = new WorkerSlot(1, {
    startTimeout: 60,
    silence: new SilenceWatch(30),
    make: () => {
      made.push(new FakeWorker())
      return (made.at(-1) as FakeWorker).real
    },
    giveUp: () => {
      given += 1
    },
  })
  await slot.start()
  // Each serves for two seconds, and then hangs for longer than begins a new row.
  for (let second = 0; given === 0 && second < 600; second += 1) {
    const worker = made.at(-1) as FakeWorker
    if (worker.beats < 2) worker.beats += 1
    await pass(1)
  }
  assert.equal(given, 1)
  assert.equal(made.length, 8)
  for (const { silent } of made) assert.ok(silent > 30)
})
