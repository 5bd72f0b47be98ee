import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IService, MultiService, Service } from '@runnerd/service'
import { servicePath } from '@runnerd/service/service-path'
import { graceAfter, stopWithin } from '@runnerd/service/stop-within'
import fc from 'fast-check'

const never = new Promise<void>(() => {})

type Step = 'privilegedStartService' | 'startService' | 'afterStart' | 'stopService' | 'undoStart'

/** Writes down its stops, and never comes to the end of the steps it hangs in. */
class Hanging extends Service {
  readonly trace: string[]
  readonly hangs: readonly Step[]

  constructor(name: string, trace: string[], hangs: readonly Step[] = []) {
    super()
    this.setName(name)
    this.trace = trace
    this.hangs = hangs
  }

  override async privilegedStartService(): Promise<void> {
    await this.#at('privilegedStartService')
  }

  override async startService(): Promise<void> {
    await super.startService()
    await this.#at('startService')
    await this.afterStart(() => this.#at('afterStart'))
  }

  override async stopService(): Promise<void> {
    this.trace.push(`stop ${this.name}`)
    await this.#at('stopService')
    await super.stopService()
    this.trace.push(`stopped ${this.name}`)
  }

  override async undoStart(): Promise<void> {
    this.trace.push(`undo ${this.name}`)
    await this.#at('undoStart')
    await super.undoStart()
  }

  async #at(step: Step): Promise<void> {
    if (this.hangs.includes(step)) await never
    // However slow the machine is, no timer comes in between.
    for (let n = 0; n < 5; n += 1) await undefined
  }
}

/** A named collection of services with these names, which hang as they are told to. */
function collection(
  name: string,
  trace: string[],
  plans: Readonly<Record<string, readonly Step[]>>,
  top = new MultiService(),
): MultiService {
  top.setName(name)
  for (const [each, hangs] of Object.entries(plans)) {
    new Hanging(each, trace, hangs).setServiceParent(top)
  }
  return top
}

/** Stops it, and tells who was late and what else went wrong. */
async function stopped(
  service: IService,
  seconds: number,
): Promise<{ late: string[]; errors: unknown[] }> {
  const late: string[] = []
  const errors = await stopWithin(service, seconds, {
    onStop() {},
    onLate: ({ path, seconds }) => late.push(`${path} after ${seconds}`),
  })
  return { late, errors }
}

describe('stopWithin', () => {
  it('stopWithin stops those before one that hangs, in order, and names it', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [], b: [], c: ['stopService'], d: [] })
    await top.startService()
    assert.deepEqual(await stopped(top, 0.05), { late: ['c after 0.05'], errors: [] })
    assert.deepEqual(trace, [
      ...['stop d', 'stopped d', 'stop c', 'stop b', 'stopped b', 'stop a', 'stopped a'],
    ])
  })

  it('stopWithin asks each of many that hang, once, and leaves time for one that does not', async () => {
    const trace: string[] = []
    const names = Array.from({ length: 12 }, (_, n) => `h${n}`)
    const hang = Object.fromEntries(names.map((name) => [name, ['stopService'] as const]))
    const top = collection('top', trace, { first: [], ...hang })
    await top.startService()
    const reversed = [...names].reverse()
    const { late } = await stopped(top, 0.05)
    assert.deepEqual(
      late,
      reversed.map((name) => `${name} after 0.05`),
    )
    assert.deepEqual(trace, [
      ...reversed.map((name) => `stop ${name}`),
      ...['stop first', 'stopped first'],
    ])
  })

  it('a stopTimeout of its own makes one service late, and no other', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [], b: ['stopService'], c: [] })
    ;(top.getServiceNamed('b') as Service).stopTimeout = 0.02
    await top.startService()
    assert.deepEqual(await stopped(top, 3600), { late: ['b after 0.02'], errors: [] })
    assert.deepEqual(trace.slice(-3), ['stop b', 'stop a', 'stopped a'])
  })

  it('a stopTimeout of a collection is for all that is in it', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [] })
    const inner = collection('inner', trace, { b: ['stopService'], c: ['stopService'] })
    inner.stopTimeout = 0.02
    inner.setServiceParent(top)
    await top.startService()
    const late = ['inner/c after 0.02', 'inner/b after 0.02']
    assert.deepEqual(await stopped(top, 3600), { late, errors: [] })
    assert.deepEqual(trace, ['stop c', 'stop b', 'stop a', 'stopped a'])
  })

  it('a stopTimeout longer than the deadline, or no length of time, changes nothing', async () => {
    for (const stopTimeout of [3600, 0, -1, Number.NaN]) {
      const trace: string[] = []
      const top = collection('top', trace, { a: [], b: ['stopService'] })
      ;(top.getServiceNamed('b') as Service).stopTimeout = stopTimeout
      await top.startService()
      assert.deepEqual(await stopped(top, 0.02), { late: ['b after 0.02'], errors: [] })
      assert.deepEqual(trace, ['stop b', 'stop a', 'stopped a'])
    }
  })

  it('a collection that hangs itself is late, and what it has not come to is stopped', async () => {
    class HangsBefore extends MultiService {
      override async stopService(): Promise<void> {
        await never
        await super.stopService()
      }
    }
    class HangsAfter extends MultiService {
      override async stopService(): Promise<void> {
        await super.stopService()
        await never
      }
    }
    const trace: string[] = []
    const top = collection('top', trace, { a: [] })
    collection('after', trace, { b: [], c: [] }, new HangsAfter()).setServiceParent(top)
    collection('before', trace, { d: [], e: [] }, new HangsBefore()).setServiceParent(top)
    await top.startService()
    const late = ['before after 0.05', 'after after 0.05']
    assert.deepEqual(await stopped(top, 0.05), { late, errors: [] })
    assert.deepEqual(
      trace,
      ['e', 'd', 'c', 'b', 'a'].flatMap((name) => [`stop ${name}`, `stopped ${name}`]),
    )
  })

  it('a top that hangs itself is named, and what it has not come to is stopped', async () => {
    class Top extends MultiService {
      override async stopService(): Promise<void> {
        await never
      }
    }
    const trace: string[] = []
    const top = collection('top', trace, { a: [] }, new Top())
    await top.startService()
    assert.deepEqual(await stopped(top, 0.02), { late: ['top after 0.02'], errors: [] })
    assert.deepEqual(trace, ['stop a', 'stopped a'])
  })

  for (const [step, undone] of [
    ['privilegedStartService', ['undo b', 'undo a']],
    ['startService', ['undo b', 'undo c', 'stop a', 'stopped a']],
  ] as const) {
    it(`a ${step} that hangs is late, and those before it are undone`, async () => {
      const trace: string[] = []
      const top = collection('top', trace, { a: [], b: [step], c: [] })
      const outer = new MultiService()
      top.setServiceParent(outer)
      const started = (async () => {
        await outer.privilegedStartService()
        await outer.startService()
      })()
      const failed = assert.rejects(started, { code: /ERR_SERVICE_(LATE|STOPPED)/ })
      await new Promise((resolve) => setTimeout(resolve, 10))
      assert.deepEqual(await stopped(outer, 0.03), { late: ['top/b after 0.03'], errors: [] })
      await failed
      assert.deepEqual(trace, undone)
    })
  }

  it('a stopTimeout of its own is also for a start that hangs when all is stopped', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [], b: ['startService'], c: [] })
    ;(top.getServiceNamed('b') as Service).stopTimeout = 0.03
    const failed = assert.rejects(top.startService(), { code: 'ERR_SERVICE_LATE' })
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepEqual(await stopped(top, 1000), { late: ['b after 0.03'], errors: [] })
    await failed
    assert.deepEqual(trace, ['undo b', 'stop a', 'stopped a'])
  })

  it('what is done once all have started may hang too, and the stop goes on', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: ['afterStart'], b: [] })
    const failed = assert.rejects(top.startService(), { code: 'ERR_SERVICE_LATE' })
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepEqual(await stopped(top, 0.03), { late: ['top after 0.03'], errors: [] })
    await failed
    assert.deepEqual(trace, ['stop b', 'stopped b', 'stop a', 'stopped a'])
  })

  it('stopWithin hurries a stop that somebody else has begun', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [], b: ['stopService'] })
    await top.startService()
    const theirs = assert.rejects(top.stopService(), { code: 'ERR_SERVICE_LATE', path: 'b' })
    assert.deepEqual(await stopped(top, 0.02), { late: ['b after 0.02'], errors: [] })
    await theirs
    assert.deepEqual(trace, ['stop b', 'stop a', 'stopped a'])
  })

  it('one that is removed while it is waited for is given up all the same', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [], b: ['stopService'] })
    await top.startService()
    const stop = stopped(top, 0.02)
    const removed = top.getServiceNamed('b').disownServiceParent() as Promise<void>
    await Promise.all([stop, assert.rejects(removed, { code: 'ERR_SERVICE_LATE' })])
    assert.deepEqual(trace, ['stop b', 'stop a', 'stopped a'])
  })

  it('stopWithin returns each error, without those of the late', async () => {
    const top = new MultiService()
    for (const name of ['a', 'b']) {
      const inner = collection(name, [], { hung: ['stopService'] })
      inner.setServiceParent(top)
      for (const reason of [new Error(`${name} fails`), null, new AggregateError([1, 2], 'two')]) {
        const failing = new Service()
        failing.stopService = () => Promise.reject(reason)
        failing.setServiceParent(inner)
      }
    }
    await top.startService()
    const { late, errors } = await stopped(top, 0.05)
    assert.deepEqual(late, ['b/hung after 0.05', 'a/hung after 0.05'])
    assert.deepEqual(errors.map(String), [
      ...['AggregateError: two', 'null', 'Error: b fails'],
      ...['AggregateError: two', 'null', 'Error: a fails'],
    ])
  })

  it('a tree can be started again after a stop in which one was late', async () => {
    const trace: string[] = []
    const top = collection('top', trace, { a: [], b: ['stopService'] })
    await top.startService()
    await stopped(top, 0.02)
    await top.startService()
    trace.length = 0
    assert.deepEqual(await stopped(top, 0.04), { late: ['b after 0.04'], errors: [] })
    assert.deepEqual(trace, ['stop b', 'stop a', 'stopped a'])
  })

  it('whatever hangs in whatever tree, each started service is asked once, in reverse', async () => {
    const shape = fc.array(
      fc.record({ under: fc.nat(), collection: fc.boolean(), hangs: fc.boolean() }),
      { minLength: 1, maxLength: 10 },
    )
    await fc.assert(
      fc.asyncProperty(shape, async (plans) => {
        const trace: string[] = []
        const top = new MultiService()
        const collections = [top]
        const hung: IService[] = []
        for (const [n, { under, collection, hangs }] of plans.entries()) {
          const node = collection
            ? new MultiService()
            : new Hanging(`${n}`, trace, hangs ? ['stopService'] : [])
          if (collection) node.setName(`${n}`)
          node.setServiceParent(collections[under % collections.length] as MultiService)
          if (node instanceof MultiService) collections.push(node)
          else if (hangs) hung.push(node)
        }
        await top.startService()
        const { late, errors } = await stopped(top, 0.02)
        assert.deepEqual(
          late.toSorted(),
          hung.map((each) => `${servicePath(each)} after 0.02`).sort(),
        )
        assert.deepEqual(errors, [])
        assert.deepEqual(
          trace.filter((line) => line.startsWith('stop ')),
          leavesOf(top)
            .reverse()
            .map((each) => `stop ${each.name}`),
        )
        const ended = trace.filter((line) => line.startsWith('stopped ')).length
        assert.equal(ended, leavesOf(top).length - hung.length)
      }),
      { numRuns: 40 },
    )
  })

  it('graceAfter is as much again, and 2 seconds at most', () => {
    assert.deepEqual([0.5, 2, 30].map(graceAfter), [0.5, 2, 2])
  })
})

describe('servicePath', () => {
  it('servicePath has the names below the top, and classes where there are none', () => {
    const top = new MultiService()
    const inner = new MultiService()
    inner.setServiceParent(top)
    const named = new Service()
    named.setName('poems')
    const alike = [new Service(), new Service()]
    for (const each of [...alike, named]) each.setServiceParent(inner)
    assert.equal(servicePath(named), 'MultiService/poems')
    assert.deepEqual(alike.map(servicePath), ['MultiService/Service#1', 'MultiService/Service#2'])
    assert.equal(servicePath(top), 'MultiService')
  })
})

function leavesOf(service: IService): IService[] {
  if (!(service instanceof MultiService)) return [service]
  return [...service].flatMap(leavesOf)
}
