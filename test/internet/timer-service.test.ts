import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TimerService } from '@runnerd/internet'
import { Clock } from '@runnerd/testkit'
import { writePlugin } from '../helpers/reloadable.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { fakeClock } from './fake-clock.ts'
import { logLines } from './log-lines.ts'

const HOUR = 3600

describe('TimerService', () => {
  it('TimerService calls when it is started, and then every step, with its arguments', async () => {
    const calls: number[] = []
    await new Promise<void>((resolve) => {
      const timer = new TimerService(
        0.001,
        (...args: [number, number]) => {
          if (calls.push(args[0] + args[1]) === 3) timer.stopService().then(resolve)
        },
        40,
        2,
      )
      timer.startService()
      assert.deepEqual(calls, [42])
    })
    assert.deepEqual(calls, [42, 42, 42])
  })

  it('TimerService waits for the promise of a call before the next one', async () => {
    let going = 0
    let most = 0
    let calls = 0
    await new Promise<void>((resolve) => {
      const timer = new TimerService(0.001, async () => {
        most = Math.max(most, ++going)
        await new Promise((done) => setTimeout(done, 5))
        going -= 1
        if (++calls === 3) resolve(void timer.stopService())
      })
      timer.startService()
    })
    assert.equal(most, 1)
  })

  it('TimerService keeps its phase and leaves out the calls it missed', async (t) => {
    const clock = fakeClock(t)
    const calls: number[] = []
    const timer = new TimerService(10, () => {
      calls.push(clock.now)
      // The second call takes two and a half steps.
      if (calls.length === 2) clock.now += 25_000
    })
    timer.startService()
    await clock.pass(10_000)
    await clock.pass(4_999)
    assert.deepEqual(calls, [0, 10_000])
    await clock.pass(1)
    await clock.pass(10_000)
    assert.deepEqual(calls, [0, 10_000, 40_000, 50_000])
    await timer.stopService()
    await clock.pass(100_000)
    assert.equal(calls.length, 4)
  })

  it('TimerService takes no call twice when the timer fires early', async (t) => {
    const clock = fakeClock(t)
    let calls = 0
    const timer = new TimerService(1, () => {
      calls += 1
    })
    timer.startService()
    await clock.pass(0)
    clock.early = 1
    await clock.pass(999)
    assert.equal(calls, 2)
    await clock.pass(1)
    assert.equal(calls, 2)
    await timer.stopService()
  })

  it('TimerService takes no tick twice for the arithmetic of its clock', async () => {
    for (const [step, late] of [
      [0.1, 0.3],
      [0.1, 0.7],
      [0.7, 4.9],
    ] as const) {
      const clock = new Clock()
      let calls = 0
      const timer = new TimerService({ step, clock }, () => {
        calls += 1
      })
      timer.startService()
      await clock.advance(late)
      await clock.advance(step / 2)
      assert.equal(calls, 2, `${late} / ${step}`)
      await timer.stopService()
    }
  })

  it('TimerService waits longer than setTimeout can', async (t) => {
    const clock = fakeClock(t)
    let calls = 0
    const timer = new TimerService(720 * HOUR, () => {
      calls += 1
    })
    timer.startService()
    for (let day = 0; day < 29; day++) await clock.pass(24 * HOUR * 1000)
    assert.equal(calls, 1)
    await clock.pass(24 * HOUR * 1000)
    assert.equal(calls, 2)
    await timer.stopService()
  })

  for (const [kind, fail] of [
    ['throws', () => assert.fail('out of time')],
    ['rejects', async () => assert.fail('out of time')],
  ] as const) {
    it(`TimerService whose function ${kind} logs it, ends the calls and counts as running`, async (t) => {
      const clock = fakeClock(t)
      const { lines, end } = logLines()
      let calls = 0
      const timer = new TimerService(1, () => {
        calls += 1
        return fail()
      })
      timer.startService()
      for (let n = 0; n < 3; n++) await clock.pass(1000)
      end()
      assert.deepEqual([calls, timer.running], [1, true])
      assert.equal(lines.filter((line) => line.includes('out of time')).length, 1)
      await timer.stopService()
      assert.equal(timer.running, false)
    })
  }

  it('TimerService takes its time from its clock', async () => {
    const clock = new Clock()
    const calls: number[] = []
    const timer = new TimerService({ step: 10, clock }, () => calls.push(clock.seconds()))
    timer.startService()
    await clock.pump([9, 0.5, 0.5, 10, 25, 4, 1])
    assert.deepEqual(calls, [0, 10, 20, 45, 50])
    await timer.stopService()
    await clock.advance(100)
    assert.equal(calls.length, 5)
    assert.deepEqual(clock.getDelayedCalls(), [])
  })

  it('TimerService with onError continue logs each error and keeps its phase', async () => {
    const clock = new Clock()
    const { lines, end } = logLines()
    const calls: number[] = []
    const timer = new TimerService({ step: 10, clock, onError: 'continue' }, async () => {
      calls.push(clock.seconds())
      assert.fail('out of time')
    })
    timer.startService()
    await clock.pump([10, 15, 5])
    end()
    assert.deepEqual(calls, [0, 10, 25, 30])
    assert.equal(lines.filter((line) => line.includes('out of time')).length, 4)
    await timer.stopService()
  })

  it('TimerService with onError fail ends its daemon, which stops in order, with 70', async (t) => {
    const cwd = tempDir(t)
    writePlugin(cwd, {
      imports: "import { TimerService } from 'runnerd'",
      inMakeService: `
        const last = new Service()
        last.stopService = () => log.msg('the last was stopped ' + JSON.stringify(timer.health()))
        last.setServiceParent(top)
        let left = 3
        const call = async () => { if (--left === 0) throw new Error('out of time') }
        const timer = new TimerService({ step: 0.01, onError: 'fail' }, call)
        timer.setServiceParent(top)`,
    })
    const { status, stdout } = await runner(['--nodaemon', 'told'], { cwd })
    assert.equal(status, 70)
    assert.match(stdout, /A call of a timer service failed, and ends the service\./)
    assert.equal(stdout.match(/Error: out of time/g)?.length, 1)
    assert.match(stdout, /the last was stopped \{"ok":false,.*\n.*Server Shut Down\./s)
  })

  it('TimerService.stopService waits for the call that is going on', async () => {
    let finish!: () => void
    let finished = false
    const timer = new TimerService(HOUR, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      finished = true
    })
    timer.startService()
    const stopped = timer.stopService().then(() => finished)
    await new Promise((resolve) => setImmediate(resolve))
    finish()
    assert.equal(await stopped, true)
  })

  it('TimerService.stopService is safe before a start, and it can be started again', async () => {
    let calls = 0
    const timer = new TimerService(HOUR, () => {
      calls += 1
    })
    await timer.stopService()
    for (let n = 0; n < 2; n++) {
      timer.startService()
      timer.startService()
      await timer.stopService()
    }
    assert.equal(calls, 2)
  })

  it('TimerService refuses a step that is no number of seconds, and no function', () => {
    for (const step of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => new TimerService(step, () => {}), RangeError)
    }
    assert.throws(() => new TimerService(1, undefined as never), TypeError)
    const onError = 'ignore' as 'stop'
    assert.throws(() => new TimerService({ step: 1, onError }, () => {}), RangeError)
  })
})
