import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IServiceCollection, MultiService, Service } from '@runnerd/service'
import { eventLoopTurns, gate, Probe, treeOf } from './probe.ts'

describe('MultiService and its children', () => {
  it('MultiService iterates over its children in the order they were added', () => {
    const [top, , { a, b }] = treeOf({ a: {}, b: {} })
    assert.deepEqual([...top], [a, b])
  })

  it("MultiService.getServiceNamed finds children and not a child's child", () => {
    const [top, , { a }] = treeOf({ a: {} })
    const above = new MultiService()
    top.setServiceParent(above)
    assert.equal(top.getServiceNamed('a'), a)
    assert.throws(() => above.getServiceNamed('a'), { code: 'ERR_NO_SUCH_SERVICE' })
  })

  it('MultiService frees the name of a removed child, the empty one too', () => {
    const top = new MultiService()
    for (let n = 0; n < 2; n++) {
      const service = new Service()
      service.setName('')
      service.setServiceParent(top)
      assert.equal(top.getServiceNamed(''), service)
      service.disownServiceParent()
      assert.throws(() => top.getServiceNamed(''), { code: 'ERR_NO_SUCH_SERVICE' })
    }
  })

  it('MultiService.addService sets the parent, and refuses a service that has one', () => {
    const [one, other, service] = [new MultiService(), new MultiService(), new Service()]
    one.addService(service)
    assert.equal(service.parent, one)
    for (const parent of [one, other]) {
      assert.throws(() => parent.addService(service), { code: 'ERR_SERVICE_HAS_PARENT' })
    }
    assert.throws(() => one.addService(one), { code: 'ERR_SERVICE_CYCLE' })
    assert.deepEqual([[...one], [...other]], [[service], []])
  })

  it('MultiService.removeService throws ERR_NO_SUCH_SERVICE for what is no child', () => {
    const [top] = treeOf({ a: {} })
    assert.throws(() => top.removeService(new Service()), { code: 'ERR_NO_SUCH_SERVICE' })
  })

  it('MultiService.addService starts both halves of a child when it runs', async () => {
    const [top, trace] = treeOf({})
    await top.startService()
    await new Probe('late', trace, { turns: 1 }).setServiceParent(top)
    assert.deepEqual(trace, [
      'privileged late',
      'privileged-done late',
      'start late',
      'started late',
    ])
  })

  for (const plan of [{ failPrivileged: true }, { failStart: true, turns: 1 }]) {
    it(`MultiService.addService leaves a child out when it fails with ${JSON.stringify(plan)}`, async () => {
      const [top] = treeOf({ a: {} })
      await top.startService()
      const late = new Probe('late', [], plan)
      late.setName('late')
      await assert.rejects(async () => late.setServiceParent(top), /of late fails/)
      assert.deepEqual([late.parent, late.running, late.state], [undefined, false, 'stopped'])
      assert.throws(() => top.getServiceNamed('late'), { code: 'ERR_NO_SUCH_SERVICE' })
      assert.equal([...top].length, 1)
    })
  }

  it('MultiService.addService does not make the start of the collection wait or fail', async () => {
    const top = new MultiService()
    const late = new Probe('late', [], { failStart: true, turns: 5 })
    let refused: unknown
    class Adds extends Service {
      override startService(): void {
        super.startService()
        Promise.resolve(late.setServiceParent(top)).catch((error: unknown) => {
          refused = error
        })
      }
    }
    new Adds().setServiceParent(top)
    await top.startService()
    assert.equal(late.state, 'preparing')
    await eventLoopTurns(20)
    assert.match(String(refused), /start of late fails/)
    assert.equal(top.running, true)
  })

  it('MultiService.startService when it runs leaves a child that is being added alone', async () => {
    const [top, , { a }] = treeOf({ a: {} })
    await top.startService()
    const late = new Probe('late', [], { failStart: true, turns: 2 })
    const refused = assert.rejects(async () => late.setServiceParent(top), /start of late fails/)
    await top.startService()
    await refused
    assert.deepEqual([top.running, a?.state], [true, 'started'])
  })

  it('MultiService.addService may be awaited by a child that is starting', async () => {
    const [top, trace] = [new MultiService(), [] as string[]]
    class Adds extends Service {
      override async startService(): Promise<void> {
        await super.startService()
        await new Probe('late', trace, { turns: 1 }).setServiceParent(top)
        trace.push('added')
      }
    }
    new Adds().setServiceParent(top)
    await top.startService()
    assert.deepEqual(trace.slice(2), ['start late', 'started late', 'added'])
  })

  it('MultiService.stopService stops a child whose start is going on, once it has started', async () => {
    const [top] = treeOf({ a: {} })
    await top.startService()
    const late = new Probe('late', [], { turns: 3 })
    const added = late.setServiceParent(top)
    await top.stopService()
    await added
    assert.deepEqual([late.state, late.faults, late.starts - late.stops], ['stopped', [], 0])
    assert.equal(late.parent, top)
  })

  it('MultiService.stopService leaves a child that is added meanwhile at rest', async () => {
    const [top] = treeOf({ a: { turns: 3 } })
    await top.startService()
    const stopped = top.stopService()
    const late = new Probe('late')
    assert.equal(late.setServiceParent(top), undefined)
    await stopped
    assert.deepEqual([late.state, late.starts], ['stopped', 0])
  })

  it('MultiService does not start a child that its parent no longer wants when its turn comes', async () => {
    const [one, other] = [new MultiService(), new MultiService()]
    const service = new Probe('x', [], { turns: 4 })
    service.setServiceParent(one)
    await Promise.all([one.startService(), other.startService()])
    const moved = service.setServiceParent(other)
    await other.stopService()
    await moved
    assert.deepEqual([service.starts, service.stops, service.faults], [1, 1, []])
  })

  it('MultiService.removeService stops a child once, whoever else stops it', async () => {
    const [top, , { a, b }] = treeOf({ a: { turns: 2 }, b: { turns: 2 } })
    await top.startService()
    await Promise.all([top.stopService(), a?.disownServiceParent(), b?.disownServiceParent()])
    assert.deepEqual([a?.stops, b?.stops, a?.faults, b?.faults], [1, 1, [], []])
  })

  it('MultiService.removeService cuts the start of a collection short', async () => {
    const [middle, trace] = treeOf({ a: { turns: 2 }, b: {} })
    const top = new MultiService()
    await top.startService()
    const added = assert.rejects(async () => middle.setServiceParent(top), {
      code: 'ERR_SERVICE_STOPPED',
    })
    await eventLoopTurns(1)
    await Promise.all([middle.disownServiceParent(), added])
    assert.ok(!trace.includes('start b'))
  })

  it('MultiService.removeService undoes a privileged half', async () => {
    const [top, trace, { a }] = treeOf({ a: {} })
    await top.privilegedStartService()
    await a?.disownServiceParent()
    assert.deepEqual(trace.slice(2), ['undo a'])
  })

  it('MultiService takes over a service that was started by hand', async () => {
    const calls: string[] = []
    class Plain extends Service {
      override startService(): void {
        super.startService()
        calls.push('start')
      }

      override stopService(): void {
        super.stopService()
        calls.push('stop')
      }
    }
    const [service, top] = [new Plain(), new MultiService()]
    service.startService()
    service.setServiceParent(top)
    await top.startService()
    assert.deepEqual(calls, ['start'])
    await top.stopService()
    assert.deepEqual(calls, ['start', 'stop'])
  })

  it('MultiService holds plain objects that have the members of IService', async () => {
    const calls: string[] = []
    const plain = {
      running: false,
      parent: undefined as IServiceCollection | undefined,
      setName() {},
      setServiceParent() {},
      disownServiceParent() {},
      privilegedStartService: () => void calls.push('privileged'),
      startService: () => void calls.push('start'),
      stopService: () => void calls.push('stop'),
    }
    const top = new MultiService()
    top.addService(plain)
    await top.privilegedStartService()
    await top.startService()
    await top.stopService()
    assert.deepEqual(calls, ['privileged', 'start', 'stop'])
  })

  it('MultiService reports an error of a dropped promise as unhandled', async () => {
    const [top] = treeOf({ a: { failStart: true } })
    const { passed, open } = gate()
    const seen: unknown[] = []
    const note = (error: unknown): void => {
      seen.push(error)
      open()
    }
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.once('unhandledRejection', note)
    void top.startService()
    await assert.rejects(top.startService())
    await passed
    for (const other of others) process.on('unhandledRejection', other)
    assert.match(String(seen), /start of a fails/)
  })
})
