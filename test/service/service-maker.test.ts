import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PLUGIN } from '@runnerd/plugin'
import { isServiceMaker, ServiceMaker } from '@runnerd/service'

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`
}

function makerOf(source: string): ServiceMaker {
  return new ServiceMaker('A name', dataUrl(source), 'A description.', 'tap')
}

describe('ServiceMaker', () => {
  it('ServiceMaker tells its name and description without importing the module', () => {
    const maker = new ServiceMaker('A name', 'no-such-module', 'A description.', 'tap')
    assert.deepEqual(
      [maker.name, maker.module, maker.description, maker.tapname],
      ['A name', 'no-such-module', 'A description.', 'tap'],
    )
    assert.ok(PLUGIN in maker)
    assert.equal(isServiceMaker(maker), true)
  })

  for (const name of ['options', 'Options']) {
    it(`ServiceMaker.options is what the module exports as ${name}`, async () => {
      const maker = makerOf(`export const ${name} = { port: { type: 'number' } }`)
      assert.deepEqual(await maker.options, { port: { type: 'number' } })
    })
  }

  it('ServiceMaker.options is empty when the module exports none', async () => {
    assert.deepEqual(await makerOf('export const x = 1').options, {})
  })

  it('ServiceMaker.makeService is that of the module', async () => {
    const maker = makerOf('export const makeService = (options) => ({ made: options.port })')
    assert.deepEqual(await maker.makeService({ port: 7 }), { made: 7 })
    assert.equal(await maker.postOptions({ port: 7 }), undefined)
  })

  it('ServiceMaker.postOptions is that of the module', async () => {
    const maker = makerOf('export const postOptions = (options) => ({ port: options.port + 1 })')
    assert.deepEqual(await maker.postOptions({ port: 7 }), { port: 8 })
  })

  it('ServiceMaker takes what a CommonJS module exports as its default', async () => {
    const maker = makerOf("export default { options: { a: {} }, makeService: () => 'made' }")
    assert.deepEqual(await maker.options, { a: {} })
    assert.equal(await maker.makeService({}), 'made')
  })

  it('ServiceMaker.makeService rejects with a TypeError when the module has none', async () => {
    await assert.rejects(makerOf('export const x = 1').makeService({}), TypeError)
  })

  it('ServiceMaker refuses a relative path, and says what to pass', () => {
    for (const path of ['./tap.js', '../tap.js', '.']) {
      assert.throws(() => new ServiceMaker('n', path, 'd', 't'), {
        name: 'TypeError',
        message: /import\.meta\.url/,
      })
    }
  })
})
