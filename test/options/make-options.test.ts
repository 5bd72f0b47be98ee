import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  makeOptions,
  Options,
  type OptionsSource,
  optionsData,
  parseOptions,
  UsageError,
} from '@runnerd/options'

class PoetryOptions extends Options {
  override optParameters = [
    ['port', 'p', 10000, 'The port number to listen on.'],
    ['poem', null, null, 'The file containing the poem.'],
    [
      'service',
      's',
      80,
      'A port or its name.',
      (text: string) => (text === 'http' ? 80 : parsePort(text)),
    ],
    ['up-stream', null, 'here'],
    ['when', null, 'now', 'A time.', (text: string) => text.toUpperCase()],
    ['bare'],
  ] as const
  override optFlags = [['quiet', 'q', 'Say nothing.'], ['loud']] as const
  override postOptions(): void {
    if (this.quiet && this.loud) throw new UsageError('quiet and loud at once')
    this.seen = [this.port, this.service]
  }
}

function parsePort(text: string): number {
  if (typeof text !== 'string') throw new TypeError('coerce is given text')
  const port = Number(text)
  if (!Number.isInteger(port)) throw new Error(`${text} is no port`)
  return port
}

async function make(source: OptionsSource, args: string[]): Promise<unknown> {
  const { values } = await parseOptions({ spec: optionsData(source), args })
  return await makeOptions({ options: source }, values)
}

test("makeOptions makes an instance of Twisted's class with each option a property", async () => {
  const options = (await make(PoetryOptions, ['-p', '8', '--poem=x', '-q'])) as PoetryOptions
  assert.ok(options instanceof PoetryOptions)
  assert.deepEqual([options.port, options.poem, options.quiet, options.loud], [8, 'x', true, false])
  assert.deepEqual([options.upStream, options['up-stream']], ['here', 'here'])
})

test("makeOptions gives the class's defaults, null among them, and coerces none", async () => {
  const options = (await make(PoetryOptions, [])) as PoetryOptions
  assert.deepEqual([options.port, options.poem, options.service], [10000, null, 80])
  assert.deepEqual([options.when, options.bare], ['now', null])
})

test('makeOptions coerces what was given, the text of the default too', async () => {
  const service = async (text: string) =>
    ((await make(PoetryOptions, ['-s', text])) as PoetryOptions).service
  assert.equal(await service('http'), 80)
  assert.equal(await service('80'), 80)
  assert.equal(await service('8080'), 8080)
  assert.equal(((await make(PoetryOptions, ['--when=now'])) as PoetryOptions).when, 'NOW')
})

test('makeOptions turns what coerce throws into a usage error', async () => {
  await assert.rejects(make(PoetryOptions, ['-s', 'ftp']), {
    code: 'ERR_USAGE',
    message: 'option --service: ftp is no port',
  })
})

test('makeOptions runs postOptions of the class once all options are known', async () => {
  const options = (await make(PoetryOptions, ['-p', '7'])) as PoetryOptions
  assert.deepEqual(options.seen, [7, 80])
  await assert.rejects(make(PoetryOptions, ['-q', '--loud']), { message: 'quiet and loud at once' })
})

test('makeOptions waits for a postOptions that is async', async () => {
  class Slow extends Options {
    override optFlags = [['x']] as const
    override async postOptions(): Promise<void> {
      await new Promise(setImmediate)
      this.ready = true
    }
  }
  assert.equal(((await make(Slow, [])) as Slow).ready, true)
})

test('makeOptions gives data as a plain object of its own', async () => {
  const values = { port: 1 }
  const options = await makeOptions({ options: { port: { type: 'number' } } }, values)
  assert.deepEqual(options, { port: 1 })
  assert.notEqual(options, values)
})

test("makeOptions runs the maker's postOptions on data, as its method", async () => {
  const maker = {
    extra: 5,
    postOptions(options: { port: number; sum?: number }): void {
      options.sum = options.port + this.extra
    },
  }
  assert.deepEqual(await makeOptions(maker, { port: 1 }), { port: 1, sum: 6 })
})

test('makeOptions takes what postOptions returns in place of the data', async () => {
  const maker = { postOptions: async (options: { port: number }) => [options.port] }
  assert.deepEqual(await makeOptions(maker, { port: 1 }), [1])
})

test('makeOptions waits for options that are a promise', async () => {
  const maker = { options: Promise.resolve(PoetryOptions) }
  assert.ok((await makeOptions(maker, {})) instanceof PoetryOptions)
})
