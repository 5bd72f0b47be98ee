import assert from 'node:assert/strict'
import { delimiter } from 'node:path'
import { test } from 'node:test'
import { type OptionsSpec, variableName } from '@runnerd/options'
import { refuses, valuesOf } from './parsing.ts'

const spec = {
  port: { type: 'number', default: 10000 },
  'upstream-host': {},
  quiet: { type: 'boolean' },
  verbose: { type: 'count' },
  tag: { type: 'array', default: ['none'] },
  weight: { type: 'number', array: true },
  mode: { choices: ['fast', 'slow'] },
} as const satisfies OptionsSpec

test('variableName writes an option as variables are written', () => {
  assert.equal(variableName('RUNNER', 'logfile'), 'RUNNER_LOGFILE')
  assert.equal(variableName('RUNNER_my-proxy', 'upstream-host'), 'RUNNER_MY_PROXY_UPSTREAM_HOST')
  assert.equal(variableName('RUNNER_web', 'docRoot'), 'RUNNER_WEB_DOC_ROOT')
})

test('parseOptions takes options from the environment', async () => {
  const values = await valuesOf(spec, [], {
    RUNNER_POETRY_PORT: '8000',
    RUNNER_POETRY_UPSTREAM_HOST: '"-h"',
    RUNNER_POETRY_QUIET: 'Yes',
    RUNNER_POETRY_VERBOSE: '3',
    RUNNER_POETRY_TAG: ['a', '', 'b'].join(delimiter),
    RUNNER_POETRY_WEIGHT: ['1', '2'].join(delimiter),
    RUNNER_POETRY_MODE: 'slow',
    RUNNER_POETRY_OTHER: 'x',
    RUNNER_PORT: '1',
  })
  assert.deepEqual(values, {
    port: 8000,
    'upstream-host': '"-h"',
    upstreamHost: '"-h"',
    quiet: true,
    verbose: 3,
    tag: ['a', 'b'],
    weight: [1, 2],
    mode: 'slow',
  })
})

test('parseOptions reads a flag from each word for yes and no', async () => {
  const quiet = async (text: string) =>
    (await valuesOf(spec, [], { RUNNER_POETRY_QUIET: text })).quiet
  for (const text of ['1', 'true', 'yes', 'ON']) assert.equal(await quiet(text), true, text)
  for (const text of ['', '0', 'false', 'no', 'Off']) assert.equal(await quiet(text), false, text)
})

test('parseOptions prefers the command line to the environment, without looking at the latter', async () => {
  const variables = {
    RUNNER_POETRY_PORT: 'garbage',
    RUNNER_POETRY_TAG: 'a',
    RUNNER_POETRY_QUIET: '1',
  }
  const values = await valuesOf(spec, ['--port', '1', '--tag', 'b', '--no-quiet'], variables)
  assert.deepEqual([values.port, values.tag, values.quiet], [1, ['b'], false])
})

test('parseOptions takes an empty list in the environment for none', async () => {
  assert.deepEqual((await valuesOf(spec, [], { RUNNER_POETRY_TAG: '' })).tag, ['none'])
})

test('parseOptions names the variable whose value is of the wrong type', async () => {
  const refused: [string, string, string][] = [
    ['PORT', 'x', 'needs a number, not "x"'],
    ['PORT', '', 'needs a number, not ""'],
    ['QUIET', 'maybe', 'is a flag: 1 or 0, not "maybe"'],
    ['VERBOSE', '-1', 'needs a count, not "-1"'],
    ['VERBOSE', '1000', 'needs a count, not "1000"'],
    ['WEIGHT', `1${delimiter}x`, 'needs a number, not "x"'],
  ]
  for (const [name, text, reason] of refused) {
    const variable = `RUNNER_POETRY_${name}`
    await refuses(spec, [], `${variable} ${reason}`, undefined, { [variable]: text })
  }
})

test('parseOptions holds the environment to the same rules as the command line', async () => {
  const variables = { RUNNER_POETRY_MODE: 'x' }
  const hint = '--mode is from the variable RUNNER_POETRY_MODE'
  await refuses(spec, [], 'option --mode is one of "fast", "slow", not "x"', hint, variables)
  const demanding = { poem: { demandOption: true } } as const
  assert.equal((await valuesOf(demanding, [], { RUNNER_POETRY_POEM: 'p' })).poem, 'p')
})

test('parseOptions separates a list of endpoints by spaces, but for those with a \\ before them', async () => {
  const listen = { type: 'string', array: true, endpoint: 'server' } as const
  const RUNNER_POETRY_LISTEN = '  tcp:1:interface=\\:\\:1\ttcp:2  unix:a\\ b\\\\ c '
  const values = await valuesOf({ listen }, [], { RUNNER_POETRY_LISTEN })
  assert.deepEqual(values.listen, ['tcp:1:interface=\\:\\:1', 'tcp:2', 'unix:a\\ b\\\\', 'c'])
})

test('parseOptions names only the variables of those options that a rule speaks of', async () => {
  const rules = { a: { conflicts: 'b-c' }, 'b-c': {}, b: {} } as const
  const variables = { RUNNER_POETRY_B_C: 'x', RUNNER_POETRY_B: 'x' }
  const hint = '--b-c is from the variable RUNNER_POETRY_B_C'
  await refuses(rules, ['-a', 'x'], 'options -a and --b-c exclude each other', hint, variables)
  await refuses(rules, ['-a', 'x', '--b-c', 'x'], 'options -a and --b-c exclude each other')
})
