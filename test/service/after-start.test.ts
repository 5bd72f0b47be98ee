import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AfterStart, MultiService, Service } from '@runnerd/service'
import { eventLoopTurns, gate, Probe } from './probe.ts'

class Announces extends Service {
  readonly #callback: AfterStart

  constructor(callback: AfterStart) {
    super()
    this.#callback = callback
  }

  override async startService(): Promise<void> {
    await super.startService()
    await this.afterStart(this.#callback)
  }
}

/** A collection in a collection, with a service in the inner one that announces itself. */
function nested(callback: AfterStart): [top: MultiService, middle: MultiService] {
  const [top, middle] = [new MultiService(), new MultiService()]
  new Announces(callback).setServiceParent(middle)
  middle.setServiceParent(top)
  return [top, middle]
}

describe('Service.afterStart', () => {
  it('Service.afterStart waits until the outermost collection has started all its children', async () => {
    const trace: string[] = []
    const [top, middle] = nested(async () => {
      await eventLoopTurns(1)
      trace.push('one')
    })
    new Announces(() => void trace.push('two')).setServiceParent(middle)
    new Probe('last', trace, { turns: 2 }).setServiceParent(top)
    await top.startService()
    assert.deepEqual(trace, ['start last', 'started last', 'one', 'two'])
  })

  it('Service.afterStart calls at once when nothing above is starting', async () => {
    const trace: string[] = []
    await new Announces(() => void trace.push('alone')).startService()
    const top = new MultiService()
    await top.startService()
    await new Announces(() => void trace.push('added')).setServiceParent(top)
    assert.deepEqual(trace, ['alone', 'added'])
  })

  it('Service.afterStart waits for the collection that is added to a running tree', async () => {
    const trace: string[] = []
    const top = new MultiService()
    await top.startService()
    const [middle] = nested(() => void trace.push('called'))
    new Probe('last', trace).setServiceParent(middle)
    await middle.setServiceParent(top)
    assert.deepEqual(trace.slice(-2), ['started last', 'called'])
  })

  it('Service.afterStart waits for what is starting above a collection that has started', async () => {
    const trace: string[] = []
    const [top, middle] = [new MultiService(), new MultiService()]
    class Adds extends Service {
      override async startService(): Promise<void> {
        await super.startService()
        await new Announces(() => void trace.push('called')).setServiceParent(middle)
        trace.push('added')
      }
    }
    middle.setServiceParent(top)
    new Adds().setServiceParent(top)
    await top.startService()
    assert.deepEqual(trace, ['added', 'called'])
  })

  it('Service.afterStart drops the callback of a failed start', async () => {
    let calls = 0
    const [top] = nested(() => {
      calls += 1
    })
    const failing = new Probe('failing', [], { failStart: true })
    failing.setServiceParent(top)
    await assert.rejects(top.startService(), /start of failing fails/)
    assert.equal(calls, 0)
    failing.disownServiceParent()
    await top.startService()
    assert.equal(calls, 1)
  })

  it('Service.afterStart drops the callback of a start that is cut short', async () => {
    let calls = 0
    const [top] = nested(() => {
      calls += 1
    })
    new Probe('slow', [], { turns: 2 }).setServiceParent(top)
    const started = assert.rejects(top.startService(), { code: 'ERR_SERVICE_STOPPED' })
    await eventLoopTurns(1)
    await Promise.all([top.stopService(), started])
    assert.equal(calls, 0)
  })

  it('Service.afterStart makes the start fail, and be rolled back, when the callback fails', async () => {
    const trace: string[] = []
    const [top, middle] = nested(() => Promise.reject(new Error('cannot announce')))
    new Announces(() => void trace.push('second')).setServiceParent(middle)
    new Probe('a', trace).setServiceParent(top)
    await assert.rejects(top.startService(), /cannot announce/)
    assert.deepEqual(trace, ['start a', 'started a', 'stop a', 'stopped a'])
    assert.deepEqual([top.running, middle.running], [false, false])
  })

  it('Service.afterStart makes an added child be left out when the callback fails', async () => {
    const top = new MultiService()
    await top.startService()
    const child = new Announces(() => {
      throw new Error('cannot announce')
    })
    await assert.rejects(async () => child.setServiceParent(top), /cannot announce/)
    assert.deepEqual([child.parent, child.running, [...top]], [undefined, false, []])
  })

  it('Service.afterStart calls at once in a collection that knows nothing of it', async () => {
    let calls = 0
    class Plain extends MultiService {}
    Object.defineProperty(Plain.prototype, 'afterStart', { value: undefined })
    const plain = new Plain()
    const child = new Announces(() => {
      calls += 1
    })
    child.parent = plain
    await child.startService()
    assert.equal(calls, 1)
  })

  it('MultiService.startService does not return to the event loop between callbacks', async () => {
    // Ports begin to listen in these: all of them, before the first client is looked at.
    const trace: string[] = []
    const top = new MultiService()
    const { passed, open } = gate()
    const first = (): Promise<void> =>
      new Promise((resolve) => {
        setImmediate(() => {
          trace.push('event loop')
          open()
        })
        process.nextTick(resolve)
      })
    new Announces(first).setServiceParent(top)
    new Announces(() => void trace.push('second')).setServiceParent(top)
    await Promise.all([top.startService(), passed])
    assert.deepEqual(trace, ['second', 'event loop'])
  })
})
