import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Options } from '@runnerd/options'
import { PLUGIN } from '@runnerd/plugin'
import { defineServiceMaker, type IService, isServiceMaker, Service } from '@runnerd/service'

const words = { tapname: 'hello', description: 'Says hello.' }

class HelloOptions extends Options {
  greeting: string = 'hello'
}

class Greeting extends Service {
  readonly text: string

  constructor(text: string) {
    super()
    this.text = text
  }
}

describe('defineServiceMaker', () => {
  it('defineServiceMaker makes a branded, frozen service maker', () => {
    const options = { port: { type: 'number', default: 7000 } } as const
    const maker = defineServiceMaker({ ...words, options, makeService: () => new Service() })
    assert.deepEqual([maker.tapname, maker.description], ['hello', 'Says hello.'])
    assert.equal(maker.options, options)
    assert.equal(maker[PLUGIN], 1)
    assert.ok(Object.isFrozen(maker))
    assert.equal(isServiceMaker(maker), true)
  })

  it("defineServiceMaker infers the type of makeService's options from the data", async () => {
    const maker = defineServiceMaker({
      ...words,
      options: {
        name: { type: 'string', demandOption: true },
        times: { type: 'number', default: 1 },
        'all-caps': { type: 'boolean' },
        suffix: {},
      },
      makeService(options) {
        const [name, times, allCaps]: [string, number, boolean] = [
          options.name,
          options.times,
          options.allCaps,
        ]
        const suffix: string | undefined = options.suffix
        // @ts-expect-error: there is no such option
        options.nmae
        return new Greeting([name, times, allCaps, suffix].join())
      },
    })
    const made = await maker.makeService({ name: 'you', times: 2, allCaps: true })
    assert.equal((made as Greeting).text, 'you,2,true,')
  })

  it('defineServiceMaker passes on what postOptions returns, with its type', async () => {
    const maker = defineServiceMaker({
      ...words,
      options: { port: { type: 'number', default: 1 } },
      postOptions: async (options) => ({ next: options.port + 1 }),
      makeService: (options) => new Greeting((options.next satisfies number).toFixed()),
    })
    assert.deepEqual(await maker.postOptions?.({ port: 6 }), { next: 7 })
    assert.equal(((await maker.makeService({ next: 7 })) as Greeting).text, '7')
  })

  it('defineServiceMaker lets postOptions only check, and throw', async () => {
    const maker = defineServiceMaker({
      ...words,
      options: { port: { type: 'number', default: 1 } },
      postOptions(options) {
        if (options.port > 65535) throw new RangeError('no such port')
      },
      makeService: (options) => new Greeting(options.port.toFixed()),
    })
    assert.equal(await maker.postOptions?.({ port: 1 }), undefined)
    assert.throws(() => maker.postOptions?.({ port: 70000 }), /no such port/)
  })

  it("defineServiceMaker takes Twisted's class of options", async () => {
    const maker = defineServiceMaker({
      ...words,
      options: HelloOptions,
      makeService: (options) => new Greeting(options.greeting),
    })
    assert.equal(((await maker.makeService(new HelloOptions())) as Greeting).text, 'hello')
  })

  it('defineServiceMaker calls makeService as a method of what it was given', async () => {
    const definition = {
      ...words,
      made: new Service(),
      makeService(): IService {
        return this.made
      },
    }
    assert.equal(await defineServiceMaker(definition).makeService({}), definition.made)
    assert.deepEqual(defineServiceMaker(definition).options, {})
  })

  it('defineServiceMaker throws a TypeError when something is missing', () => {
    const makeService = (): IService => new Service()
    for (const wrong of [
      { ...words },
      { tapname: 'x', makeService },
      { description: 'x', makeService },
    ]) {
      assert.throws(() => defineServiceMaker(wrong as never), TypeError)
    }
  })
})

describe('isServiceMaker', () => {
  it('isServiceMaker goes by the members, of a class instance too', () => {
    class Maker {
      tapname: string = 'x'
      description: string = 'An x.'
      makeService(): IService {
        return new Service()
      }
    }
    assert.equal(isServiceMaker(new Maker()), true)
    for (const other of [null, undefined, 5, 'x', {}, Maker, { tapname: 'x', description: 'y' }]) {
      assert.equal(isServiceMaker(other), false)
    }
  })
})
