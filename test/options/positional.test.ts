import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OptionsSpec, optionsData, parseOptions, renderHelp } from '@runnerd/options'
import { refuses, valuesOf } from './parsing.ts'

const spec = {
  threshold: { alias: 't', type: 'number' },
  command: { positional: true, array: true, default: [], describe: 'what to run.' },
} as const satisfies OptionsSpec
const demanded = {
  ...spec,
  command: { positional: true, array: true, demandOption: 'say what to run' },
} as const satisfies OptionsSpec

test('a positional option gets the first word that is none, and all after it', async () => {
  for (const [args, command] of [
    [
      ['-t', '2', 'sh', '-t', '3', '--help'],
      ['sh', '-t', '3', '--help'],
    ],
    [
      ['-t', '2', '--', '-sh', '--', 'x'],
      ['-sh', '--', 'x'],
    ],
    [
      ['-t', '2', 'sh', '--', 'x'],
      ['sh', '--', 'x'],
    ],
    [['-t', '2'], []],
    [['-t', '2', '--'], []],
  ] as const) {
    const { values, rest, help } = await parseOptions({ spec, args })
    assert.deepEqual(values, { threshold: 2, command }, args.join(' '))
    assert.deepEqual([rest, help], [[], false])
  }
})

test('a positional option is not given by its name or by the environment', async () => {
  await refuses(spec, ['--command', 'sh'], 'unknown option --command')
  const environment = { prefix: 'X', variables: { X_COMMAND: 'sh' } }
  const { values } = await parseOptions({ spec, args: [], environment })
  assert.deepEqual(values.command, [])
})

test('a positional option may be demanded', async () => {
  await refuses(demanded, ['-t', '2'], 'command is required: say what to run')
  assert.deepEqual((await valuesOf(demanded, ['sh'])).command, ['sh'])
})

test('the help shows where a positional option stands, and what it is', async () => {
  const help = await renderHelp({ usage: 'x [options]', description: 'Runs.', spec })
  const begin =
    'Usage: x [options] [[--] command...]\n\nRuns.\n\ncommand: what to run.\n\nOptions:\n'
  assert.ok(help.startsWith(begin), help)
  assert.doesNotMatch(help, /--command/)
  assert.match(await renderHelp({ usage: 'x', spec: demanded }), /^Usage: x \[--\] command\.\.\.\n/)
})

test('a positional option is one list of strings, without aliases', () => {
  const message = 'option a: what is positional is a list of strings without aliases'
  for (const wrong of [{}, { array: true, type: 'number' }, { array: true, alias: 'b' }] as const) {
    assert.throws(() => optionsData({ a: { positional: true, ...wrong } }), { message })
  }
  const one = { positional: true, array: true } as const
  assert.throws(() => optionsData({ a: one, b: one }), {
    message: "options a and b can't both be positional",
  })
})
