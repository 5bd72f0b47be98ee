import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IService, MultiService, Service } from '@runnerd/service'
import { eventLoopTurns, gate, Probe, treeOf } from './probe.ts'

describe('MultiService', () => {
  it('MultiService.startService starts children in order, each awaited', async () => {
    const [top, trace] = treeOf({ a: { turns: 2 }, b: {}, c: { turns: 1 } })
    const started = top.startService()
    assert.equal(top.running, true)
    await started
    assert.deepEqual(trace, [
      'start a',
      'started a',
      'start b',
      'started b',
      'start c',
      'started c',
    ])
  })

  it('MultiService.privilegedStartService goes down the tree and does not start it', async () => {
    const top = new MultiService()
    const [middle, trace] = treeOf({ a: { turns: 1 }, b: {} })
    middle.setServiceParent(top)
    await top.privilegedStartService()
    assert.deepEqual(trace, [
      'privileged a',
      'privileged-done a',
      'privileged b',
      'privileged-done b',
    ])
    assert.deepEqual([top.running, middle.running], [false, false])
  })

  it('MultiService checks its start down the tree in order, to the first that is refused', async () => {
    class Checked extends Service {
      readonly #label: string
      constructor(label: string) {
        super()
        this.#label = label
      }
      override async checkPrivilegedStart(): Promise<void> {
        await eventLoopTurns(1)
        trace.push(`privileged ${this.#label}`)
      }
      override async checkStart(): Promise<void> {
        await eventLoopTurns(1)
        trace.push(this.#label)
        if (this.#label === 'b') throw new Error('b would not start')
      }
    }
    const trace: string[] = []
    const [top, middle, plain] = [new MultiService(), new MultiService(), new Service()]
    // As one is that keeps to IService alone.
    Object.assign(plain, { checkStart: undefined, checkPrivilegedStart: undefined })
    middle.setServiceParent(top)
    plain.setServiceParent(middle)
    for (const [label, parent] of [
      ['a', middle],
      ['b', top],
      ['c', top],
    ] as const) {
      new Checked(label).setServiceParent(parent)
    }
    await top.checkPrivilegedStart()
    await assert.rejects(top.checkStart(), /b would not start/)
    assert.deepEqual(trace, ['privileged a', 'privileged b', 'privileged c', 'a', 'b'])
    assert.equal(top.running, false)
  })

  it('MultiService.startService awaits a privileged half that is going on', async () => {
    const [top, trace] = treeOf({ a: { turns: 2 } })
    void top.privilegedStartService()
    await top.startService()
    assert.deepEqual(trace, ['privileged a', 'privileged-done a', 'start a', 'started a'])
  })

  it('MultiService.startService gives the privileged half to a child that came after it', async () => {
    const [top, trace] = treeOf({})
    await top.privilegedStartService()
    new Probe('late', trace).setServiceParent(top)
    await top.startService()
    assert.deepEqual(trace, [
      'privileged late',
      'privileged-done late',
      'start late',
      'started late',
    ])
  })

  it('MultiService.stopService stops children in reverse order, each awaited', async () => {
    const [top, trace] = treeOf({ a: { turns: 1 }, b: {}, c: { turns: 2 } })
    await top.startService()
    trace.length = 0
    const stopped = top.stopService()
    assert.equal(top.running, false)
    await stopped
    assert.deepEqual(trace, ['stop c', 'stopped c', 'stop b', 'stopped b', 'stop a', 'stopped a'])
  })

  it('MultiService.stopService reaches every child though one fails, then rejects with its error', async () => {
    const [top, , { a, b, c }] = treeOf({ a: {}, b: { failStop: true, turns: 1 }, c: {} })
    await top.startService()
    await assert.rejects(top.stopService(), { message: 'stop of b fails' })
    assert.deepEqual([a?.stops, b?.stops, c?.stops], [1, 1, 1])
    await top.stopService()
    assert.equal(b?.stops, 1)
  })

  it('MultiService.stopService rejects with an AggregateError when several children fail', async () => {
    const [top] = treeOf({ a: { failStop: true }, b: {}, c: { failStop: true } })
    await top.startService()
    await assert.rejects(top.stopService(), (error: unknown) => {
      assert.ok(error instanceof AggregateError)
      assert.deepEqual(
        error.errors.map((each) => each.message),
        ['stop of c fails', 'stop of a fails'],
      )
      return true
    })
  })

  it('MultiService.stopService is harmless when nothing was started', async () => {
    const [top, trace] = treeOf({ a: {} })
    await top.stopService()
    await top.undoStart()
    assert.deepEqual(trace, [])
  })

  it('MultiService.startService and stopService are shared by who asks twice', async () => {
    const [top, trace] = treeOf({ a: { turns: 1 } })
    await Promise.all([top.startService(), top.startService()])
    await top.startService()
    await Promise.all([top.stopService(), top.stopService()])
    await top.stopService()
    assert.deepEqual(trace, ['start a', 'started a', 'stop a', 'stopped a'])
  })

  it('MultiService.startService tries a failing child once for all who ask', async () => {
    const [top, trace] = treeOf({ a: { failStart: true, turns: 1 } })
    const results = await Promise.allSettled([top.startService(), top.startService()])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.deepEqual(trace, ['start a', 'undo a'])
  })

  it('MultiService.startService works again after a stop, and waits for one', async () => {
    const [top, trace, { a }] = treeOf({ a: { turns: 1 } })
    await top.startService()
    const stopped = top.stopService()
    await top.startService()
    await stopped
    assert.deepEqual(trace.slice(2), ['stop a', 'stopped a', 'start a', 'started a'])
    assert.deepEqual([top.running, a?.running, a?.faults], [true, true, []])
  })

  it('MultiService.startService rolls back in reverse when a child fails, and rejects with its error', async () => {
    const [top, trace, probes] = treeOf({
      a: { turns: 1 },
      b: {},
      c: { failStart: true, turns: 1 },
      d: {},
    })
    await assert.rejects(top.startService(), { message: 'start of c fails' })
    assert.deepEqual(trace.slice(4), [
      'start c',
      'undo c',
      'stop b',
      'stopped b',
      'stop a',
      'stopped a',
    ])
    const running = Object.values(probes).map((probe) => probe.running)
    assert.deepEqual([top.running, ...running], [false, false, false, false, false])
  })

  it('MultiService.startService undoes the privileged half of children it did not reach', async () => {
    const [top, trace] = treeOf({ a: {}, b: { failStart: true }, c: {} })
    await top.privilegedStartService()
    trace.length = 0
    await assert.rejects(top.startService(), /start of b fails/)
    assert.deepEqual(trace.slice(2), ['start b', 'undo b', 'undo c', 'stop a', 'stopped a'])
  })

  it('MultiService.privilegedStartService undoes what it did when a child fails', async () => {
    const [top, trace] = treeOf({ a: {}, b: { failPrivileged: true }, c: {} })
    await assert.rejects(top.privilegedStartService(), /privileged of b fails/)
    assert.deepEqual(trace.slice(2), ['privileged b', 'undo b', 'undo a'])
    await assert.rejects(Promise.all([top.privilegedStartService(), top.startService()]))
    assert.ok(!trace.some((line) => line.startsWith('start')))
  })

  it('MultiService.startService keeps errors of the rollback in rollbackErrors', async () => {
    const [top] = treeOf({ a: { failStop: true }, b: { failStop: true }, c: { failStart: true } })
    await assert.rejects(top.startService(), (error: Error & { rollbackErrors?: Error[] }) => {
      assert.equal(error.message, 'start of c fails')
      const messages = error.rollbackErrors?.map((each) => each.message)
      assert.deepEqual(messages, ['stop of b fails', 'stop of a fails'])
      return true
    })
  })

  it('MultiService.startService keeps an error of undoStart in rollbackErrors', async () => {
    class Stubborn extends Service {
      override startService(): void {
        throw Object.freeze(new Error('cannot start'))
      }

      override undoStart(): void {
        throw new Error('cannot undo')
      }
    }
    const top = new MultiService()
    new Stubborn().setServiceParent(top)
    await assert.rejects(top.startService(), (error: Error & { rollbackErrors?: Error[] }) => {
      assert.equal(error.message, 'cannot start')
      assert.equal(error.rollbackErrors?.[0]?.message, 'cannot undo')
      return true
    })
  })

  it('MultiService.startService rolls back what a failing subclass had started', async () => {
    const trace: string[] = []
    class Failing extends MultiService {
      override async startService(): Promise<void> {
        await super.startService()
        throw new Error('too late')
      }
    }
    const [top, middle] = [new MultiService(), new Failing()]
    new Probe('a', trace).setServiceParent(middle)
    middle.setServiceParent(top)
    await assert.rejects(top.startService(), /too late/)
    assert.deepEqual(trace, ['start a', 'started a', 'stop a', 'stopped a'])
    assert.equal(middle.running, false)
  })

  it('MultiService.stopService cuts a start short, all the way down', async () => {
    const { passed, open } = gate()
    class Slow extends Service {
      override async startService(): Promise<void> {
        await passed
        await super.startService()
      }
    }
    const [top, middle] = [new MultiService(), new MultiService()]
    const trace: string[] = []
    const services: IService[] = [new Probe('a', trace), new Slow(), new Probe('c', trace)]
    for (const service of services) service.setServiceParent(middle)
    middle.setServiceParent(top)
    const started = assert.rejects(top.startService(), { code: 'ERR_SERVICE_STOPPED' })
    await eventLoopTurns(1)
    const stopped = top.stopService()
    open()
    await Promise.all([started, stopped])
    assert.deepEqual(trace, ['start a', 'started a', 'stop a', 'stopped a'])
    assert.deepEqual(
      [top, middle, ...services].map(({ running }) => running),
      [false, false, false, false, false],
    )
  })

  it('MultiService.stopService rejects with what failed to stop when it cuts a start short', async () => {
    const [top] = treeOf({ a: { failStop: true }, b: { turns: 2 }, c: {} })
    const started = assert.rejects(top.startService(), { code: 'ERR_SERVICE_STOPPED' })
    await assert.rejects(top.stopService(), /stop of a fails/)
    await started
  })
})
