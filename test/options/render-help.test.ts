import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_WIDTH, type OptionsSpec, renderHelp } from '@runnerd/options'

const spec = {
  port: { alias: 'p', type: 'number', default: 10000, describe: 'The port number to listen on.' },
  poem: { demandOption: true, describe: 'The file containing the poem.' },
  mode: { choices: ['fast', 'slow'], describe: 'How.' },
  secret: { hidden: true, describe: 'Not for you.' },
} as const satisfies OptionsSpec

const request = {
  usage: 'runner [options] poetry [options]',
  description: 'A fast poetry service.',
  spec,
}

test('renderHelp draws a help of 80 columns', async () => {
  assert.equal(DEFAULT_WIDTH, 80)
  assert.equal(
    await renderHelp(request),
    `Usage: runner [options] poetry [options]

A fast poetry service.

Options:
  -p, --port     The port number to listen on.         [number] [default: 10000]
      --poem     The file containing the poem.               [string] [required]
      --mode     How.                         [string] [choices: "fast", "slow"]
      --help     Show this help and exit.                              [boolean]
      --version  Show the version and exit.                            [boolean]
`,
  )
})

test('renderHelp keeps to 40 columns and still says all', async () => {
  const help = await renderHelp({ ...request, width: 40 })
  for (const line of help.split('\n')) assert.ok(line.length <= 40, line)
  for (const word of ['--port', '10000', '--poem', 'required', '--help'])
    assert.match(help, new RegExp(word))
})

test('renderHelp hides a hidden option and says nothing of hiding', async () => {
  assert.doesNotMatch(await renderHelp(request), /secret|Not for you|hidden/)
})

test('renderHelp shows a group, a deprecation and a described default', async () => {
  const help = await renderHelp({
    usage: 'x',
    spec: {
      old: { group: 'Net', deprecated: 'use new', default: 'a', defaultDescription: 'the best' },
    },
  })
  assert.match(help, /^Net\n\s+--old.*\[deprecated: use new\].*\[default: the best\]/m)
})

test('renderHelp lets nothing through that a terminal acts on', async () => {
  const evil = '\u001b[31mred\u0007\r\u009b0m\u202e'
  const help = await renderHelp({
    usage: 'x',
    description: evil,
    spec: {
      a: { describe: evil, default: evil, group: evil },
      b: { choices: [evil], deprecated: evil },
    },
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  assert.doesNotMatch(help, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  assert.match(help, /\[31mred/)
})

test('renderHelp does not depend on the language or the width of the terminal', async () => {
  const before = await renderHelp(request)
  const { LANG, LC_ALL, COLUMNS } = process.env
  try {
    Object.assign(process.env, { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', COLUMNS: '20' })
    assert.equal(await renderHelp(request), before)
  } finally {
    for (const [name, value] of Object.entries({ LANG, LC_ALL, COLUMNS })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
})
