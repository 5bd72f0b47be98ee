import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startService } from '@runnerd/testkit'
import { Options, Service, UsageError } from 'runnerd'
import { ourPlugins } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { type HelloOptions, hello, makerOf } from './makers.ts'

test('startService parses words as the command does, with defaults', async (t) => {
  const words = ['-p0', '--name=you', '--greet-with', 'hi', '--no-loud', '-vv', '--friend', 'me']
  const service = await startService<HelloOptions>(hello, words)
  t.after(() => service.stop())
  const { port, name, greetWith, loud, v, friend } = service.options
  assert.deepEqual([port, name, greetWith, loud, v, friend], [0, 'you', 'hi', false, 2, ['me']])
})

test('startService takes an object of values for the same words', async (t) => {
  const values = { port: 0, name: '-you', greetWith: 'hi', loud: false, v: 2, friend: ['a', 'b'] }
  const service = await startService<HelloOptions>(hello, values)
  t.after(() => service.stop())
  const { port, name, greetWith, loud, v, friend } = service.options
  assert.deepEqual(
    [port, name, greetWith, loud, v, friend],
    [0, '-you', 'hi', false, 2, ['a', 'b']],
  )
})

test('startService takes what an object leaves undefined as not given', async (t) => {
  const service = await startService(hello, { name: 'you', 'greet-with': undefined, friend: null })
  t.after(() => service.stop())
  assert.equal(service.options.greetWith, 'hello')
  assert.equal(service.options.friend, undefined)
})

test('startService reads no environment', async (t) => {
  process.env.RUNNER_HELLO_GREET_WITH = 'hey'
  t.after(() => delete process.env.RUNNER_HELLO_GREET_WITH)
  const service = await startService(hello, ['--name', 'you'])
  t.after(() => service.stop())
  assert.equal(service.options.greetWith, 'hello')
})

for (const words of [['--prt', '0'], ['--port', 'x'], [], ['--poem', 'a', 'extra']]) {
  test(`startService refuses fastpoetry [${words}] with what runner prints`, async (t) => {
    const { fastpoetry } = await import('@runnerd/fastpoetry')
    const printed = await runner(['--plugin-path', ourPlugins, '-n', 'fastpoetry', ...words], {
      cwd: tempDir(t),
    })
    await assert.rejects(startService(fastpoetry, words), (error) => {
      assert.ok(error instanceof UsageError)
      assert.equal(printed.stderr, `runner: ${error.message}\nhint: ${error.hint}\n`)
      return true
    })
  })
}

test('startService refuses wrong values of an object as those of a command line', async () => {
  await assert.rejects(startService(hello, { name: 'you', port: 'x' }), {
    code: 'ERR_USAGE',
    message: 'cannot run hello: option --port needs a number, not "x"',
  })
  await assert.rejects(startService(hello, { nam: 'you' }), {
    code: 'ERR_USAGE',
    hint: 'did you mean --name?',
  })
  await assert.rejects(startService(hello, { name: {} }), TypeError)
})

test('startService refuses --help, which starts nothing', async () => {
  await assert.rejects(startService(hello, ['--help']), { code: 'ERR_USAGE' })
})

test('startService gives makeService what postOptions returns', async (t) => {
  const made: unknown[] = []
  const maker = makerOf(
    {},
    {
      postOptions: () => ({ looked: 'over' }),
      makeService(options) {
        made.push(options)
        return new Service()
      },
    },
  )
  const service = await startService(maker)
  t.after(() => service.stop())
  assert.deepEqual(made, [{ looked: 'over' }])
  assert.deepEqual(service.options, { looked: 'over' })
})

test("startService makes an instance of Twisted's class of options", async (t) => {
  class Poetry extends Options {
    override optParameters = [['port', 'p', 10000, 'The port.']] as const
  }
  const service = await startService<Poetry>(makerOf({}, { options: Poetry }), { port: 8000 })
  t.after(() => service.stop())
  assert.ok(service.options instanceof Poetry)
  assert.equal(service.options.port, 8000)
})
