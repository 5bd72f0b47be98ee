import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MultiService, Service } from '@runnerd/service'
import { gate, Probe } from './probe.ts'

describe('Service', () => {
  it('Service begins without a name and a parent, and does not run', () => {
    const service = new Service()
    assert.deepEqual([service.name, service.parent, service.running], [undefined, undefined, false])
  })

  it('Service.running is true between startService and stopService', async () => {
    const service = new Service()
    await service.privilegedStartService()
    assert.equal(service.running, false)
    await service.startService()
    assert.equal(service.running, true)
    await service.stopService()
    assert.equal(service.running, false)
  })

  it('Service.setName throws ERR_SERVICE_HAS_PARENT when there is a parent', () => {
    const service = new Service()
    service.setName('a')
    service.setServiceParent(new MultiService())
    assert.throws(() => service.setName('b'), { code: 'ERR_SERVICE_HAS_PARENT' })
    assert.equal(service.name, 'a')
  })

  it('Service.setServiceParent is complete when it returns if nothing runs', () => {
    const [one, other, service] = [new MultiService(), new MultiService(), new Service()]
    assert.equal(service.setServiceParent(one), undefined)
    assert.equal(service.parent, one)
    assert.deepEqual([...one], [service])
    assert.equal(service.setServiceParent(other), undefined)
    assert.equal(service.parent, other)
    assert.deepEqual([[...one], [...other]], [[], [service]])
  })

  it('Service.setServiceParent does nothing with the parent it has', async () => {
    const top = new MultiService()
    const trace: string[] = []
    const first = new Probe('first', trace)
    first.setServiceParent(top)
    new Service().setServiceParent(top)
    await top.startService()
    trace.length = 0
    assert.equal(first.setServiceParent(top), undefined)
    assert.equal([...top][0], first)
    assert.deepEqual(trace, [])
  })

  for (const running of [false, true]) {
    it(`Service.setServiceParent leaves both trees as they were when the name is taken, ${running ? 'running' : 'at rest'}`, async () => {
      const [one, other] = [new MultiService(), new MultiService()]
      const trace: string[] = []
      const [mover, holder] = [new Probe('mover', trace), new Probe('holder', trace)]
      for (const [service, parent] of [
        [mover, one],
        [holder, other],
      ] as const) {
        service.setName('')
        service.setServiceParent(parent)
        if (running) await parent.startService()
      }
      trace.length = 0
      assert.throws(() => mover.setServiceParent(other), {
        code: 'ERR_SERVICE_NAME_TAKEN',
        message: "Cannot have two services with same name ''",
      })
      assert.equal(mover.parent, one)
      assert.deepEqual([[...one], [...other]], [[mover], [holder]])
      assert.deepEqual([trace, mover.running], [[], running])
    })
  }

  it('Service.setServiceParent refuses a service itself and what is under it', () => {
    const [top, middle, bottom] = [new MultiService(), new MultiService(), new MultiService()]
    middle.setServiceParent(top)
    bottom.setServiceParent(middle)
    for (const parent of [middle, bottom]) {
      assert.throws(() => middle.setServiceParent(parent), { code: 'ERR_SERVICE_CYCLE' })
    }
    assert.equal(middle.parent, top)
    assert.deepEqual([[...top], [...middle], [...bottom]], [[middle], [bottom], []])
  })

  it('Service.setServiceParent stops it in the old place before it starts it in the new one', async () => {
    const [one, other] = [new MultiService(), new MultiService()]
    const trace: string[] = []
    const service = new Probe('x', trace, { turns: 3 })
    service.setServiceParent(one)
    await Promise.all([one.startService(), other.startService()])
    const moved = service.setServiceParent(other)
    assert.equal(service.parent, other)
    assert.deepEqual([[...one], [...other]], [[], [service]])
    await moved
    assert.deepEqual(trace.slice(2), [
      'stop x',
      'stopped x',
      'privileged x',
      'privileged-done x',
      'start x',
      'started x',
    ])
    assert.deepEqual(service.faults, [])
  })

  it('Service.setServiceParent rejects with the error of the stop, after the move', async () => {
    const [one, other] = [new MultiService(), new MultiService()]
    const service = new Probe('x', [], { failStop: true })
    service.setServiceParent(one)
    await Promise.all([one.startService(), other.startService()])
    await assert.rejects(async () => service.setServiceParent(other), /stop of x fails/)
    assert.deepEqual([service.parent, service.state], [other, 'started'])
  })

  it('Service.disownServiceParent stops it if it was started, and is harmless without a parent', async () => {
    const top = new MultiService()
    const { passed, open } = gate()
    class Slow extends Service {
      override async stopService(): Promise<void> {
        await passed
        await super.stopService()
      }
    }
    const service = new Slow()
    service.setServiceParent(top)
    await top.startService()
    const stopped = service.disownServiceParent()
    assert.equal(service.parent, undefined)
    assert.equal(service.running, true)
    open()
    await stopped
    assert.equal(service.running, false)
    assert.equal(service.disownServiceParent(), undefined)
  })
})
