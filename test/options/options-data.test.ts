import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Options, type OptionsSource, optionsData } from '@runnerd/options'

function refuses(spec: unknown, message: string): void {
  assert.throws(() => optionsData(spec as OptionsSource), { name: 'TypeError', message })
}

test('optionsData takes every word of an option, and leaves out what is undefined', () => {
  const spec = {
    port: {
      alias: ['p', 'listen-on'],
      type: 'number',
      default: 1,
      defaultDescription: 'one',
      describe: 'The port.',
      demandOption: 'why',
      conflicts: 'socket',
      implies: ['mode'],
      group: 'Net',
      hidden: false,
      deprecated: 'use socket',
    },
    socket: { normalize: true },
    listen: { endpoint: 'server', array: true },
    mode: { choices: ['a', 'b'], array: true, default: ['a'] },
  } as const
  assert.deepEqual(optionsData(spec), spec)
  const loose = { x: { describe: undefined, type: 'string' } } as unknown as OptionsSource
  assert.deepEqual(optionsData(loose), { x: { type: 'string' } })
  assert.deepEqual(optionsData(undefined), {})
})

test('optionsData survives JSON', () => {
  const data = optionsData({ a: { default: 'x' }, b: { type: 'array', default: ['y'] } })
  assert.deepEqual(JSON.parse(JSON.stringify(data)), data)
})

test("optionsData turns Twisted's tuples into the same data", () => {
  class Tuples extends Options {
    override optParameters = [
      ['port', 'p', 80, 'The port.'],
      ['poem', null, null],
      ['host', '', 'here'],
      ['when', 'w', 5, 'A time.', Number],
    ] as const
    override optFlags = [['quiet', 'q', 'Silence.'], ['loud']] as const
  }
  assert.deepEqual(optionsData(Tuples), {
    port: { type: 'number', alias: 'p', default: 80, describe: 'The port.' },
    poem: { type: 'string' },
    host: { type: 'string', default: 'here' },
    when: { type: 'string', alias: 'w', defaultDescription: '5', describe: 'A time.' },
    quiet: { type: 'boolean', alias: 'q', describe: 'Silence.' },
    loud: { type: 'boolean' },
  })
})

test('optionsData refuses code by the name of its option', () => {
  const reason = 'options are JSON data, see postOptions'
  refuses({ port: { coerce: Number } }, `option port: coerce is code; ${reason}`)
  refuses({ port: { default: () => 1 } }, `option port: default is code; ${reason}`)
})

test('optionsData refuses a word it does not know, and a value that does not fit the word', () => {
  refuses({ port: { nargs: 2 } }, 'option port: unknown word nargs')
  refuses({ port: { constructor: 1 } }, 'option port: unknown word constructor')
  const bad: [string, unknown[]][] = [
    ['alias', [1, ['p', 2], '-p', '', 'a b', 'a--b']],
    ['type', ['integer', 5, null]],
    ['array', ['yes']],
    ['choices', ['a', ['a', 1], [Number.NaN], [null]]],
    ['default', [Number.NaN, new Date(0), { x: () => 1 }, 1n]],
    ['describe', [5]],
    ['demandOption', [1]],
    ['conflicts', [[1]]],
    ['hidden', ['no']],
    ['normalize', [null]],
  ]
  for (const [word, values] of bad) {
    for (const value of values) refuses({ port: { [word]: value } }, `option port: bad ${word}`)
  }
})

test('optionsData refuses a name that can not be typed', () => {
  for (const name of ['', '-p', 'a b', 'a.b', 'a--b', 'a-', 'naïve', '\u001b[31m']) {
    refuses({ [name]: {} }, `option ${JSON.stringify(name)} has a bad name`)
  }
  refuses({ help: {} }, "option help is runner's own")
  refuses({ version: {} }, "option version is runner's own")
})

test('optionsData refuses a name that every object has', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    refuses({ [name]: {} }, `option ${name} has the name of what every object has`)
    refuses({ a: { alias: name } }, `option a: alias ${name} is what every object has`)
  }
})

test('optionsData refuses one name for two options', () => {
  refuses(
    { port: { alias: 'p' }, poem: { alias: 'p' } },
    'option poem: p already means option port',
  )
  refuses({ port: { alias: 'poem' }, poem: {} }, 'option poem: poem already means option port')
  refuses({ 'a-b': {}, aB: {} }, 'option aB: aB already means option a-b')
  refuses({ port: { alias: 'help' } }, 'option port: help already means option help')
})

test('optionsData refuses a default or a choice of another type', () => {
  refuses({ a: { type: 'number', default: '1' } }, 'option a: its default is not a number')
  refuses({ a: { default: 1 } }, 'option a: its default is not a string')
  refuses({ a: { type: 'boolean', default: 'no' } }, 'option a: its default is not a boolean')
  refuses({ a: { type: 'array', default: 'x' } }, 'option a: its default is not a list')
  refuses({ a: { default: ['x'] } }, 'option a: its default is a list')
  refuses(
    { a: { choices: ['x'], default: 'y' } },
    'option a: its default is not one of its choices',
  )
  refuses({ a: { type: 'number', choices: ['1'] } }, 'option a: choice 1 is not a number')
  refuses({ a: { type: 'string', choices: [1] } }, 'option a: choice 1 is not a string')
  refuses({ a: { type: 'count', array: true } }, 'option a: a count is no list')
  refuses({ a: { type: 'number', endpoint: 'server' } }, 'option a: an endpoint is a string')
  refuses({ a: { endpoint: 'serve' } }, 'option a: bad endpoint')
  assert.ok(optionsData({ a: { type: 'number', default: null } }))
})

test('optionsData refuses conflicts and implies with an option that is not there', () => {
  refuses({ a: { conflicts: 'b' } }, 'option a speaks of b, which is no option')
  refuses({ a: { implies: ['toString'] } }, 'option a speaks of toString, which is no option')
})

test('optionsData refuses what are no options at all', () => {
  for (const spec of [null, 5, 'x', [], new Map()]) {
    refuses(spec, 'options are neither an object nor a class')
  }
  refuses({ port: 5 }, 'option port is not an object')
  refuses({ port: null }, 'option port is not an object')
  refuses(class {}, 'options class has neither optParameters nor optFlags')
  refuses(
    class {
      optFlags = ['quiet']
    },
    'an option without a long name',
  )
})
