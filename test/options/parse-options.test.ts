import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OptionsSpec, parseOptions } from '@runnerd/options'
import { refuses, valuesOf } from './parsing.ts'

const spec = {
  name: { alias: 'n' },
  port: { alias: ['p', 'listen'], type: 'number' },
  daemon: { alias: 'd', type: 'boolean' },
  verbose: { alias: 'v', type: 'count' },
  tag: { alias: 't', type: 'array' },
  weight: { type: 'number', array: true },
  switch: { type: 'boolean', array: true },
  mode: { choices: ['fast', 'slow'] },
  level: { choices: [1, 2] },
  'upstream-host': { type: 'string' },
  poem: { normalize: true },
} as const satisfies OptionsSpec

test('parseOptions takes a value after a space, after =, and right after one letter', async () => {
  for (const args of [
    ['--port', '8'],
    ['--port=8'],
    ['-p', '8'],
    ['-p8'],
    ['-p=8'],
    ['--listen=8'],
  ]) {
    assert.equal((await valuesOf(spec, args)).port, 8, args.join(' '))
  }
  assert.equal((await valuesOf(spec, ['-nfile.log'])).name, 'file.log')
})

test('parseOptions takes a group of letters as flags, the last with a value', async () => {
  const values = await valuesOf(spec, ['-dvvp8'])
  assert.deepEqual([values.daemon, values.verbose, values.port], [true, 2, 8])
})

test('parseOptions gives each type its value', async () => {
  const args = '--name a --port 1.5 --daemon -v --verbose --tag 1 --tag b --weight 1 --weight -2'
  const values = await valuesOf(spec, `${args} --mode slow --level 2 --switch --switch`.split(' '))
  assert.deepEqual(values, {
    name: 'a',
    port: 1.5,
    daemon: true,
    verbose: 2,
    tag: ['1', 'b'],
    weight: [1, -2],
    switch: [true, true],
    mode: 'slow',
    level: 2,
    'upstream-host': undefined,
    upstreamHost: undefined,
    poem: undefined,
  })
})

test('parseOptions makes a flag not given false, a count 0, and anything else undefined', async () => {
  const values = await valuesOf(spec, [])
  assert.equal(values.daemon, false)
  assert.equal(values.verbose, 0)
  assert.equal(values.tag, undefined)
  assert.equal(values.name, undefined)
})

test('parseOptions leaves a value as it was typed', async () => {
  for (const text of ['', ' ', '"quoted"', "'", '-', 'a=b', 'a\nb', '007', '-5', '{"a":1}', '\\']) {
    assert.equal((await valuesOf(spec, ['--name', text])).name, text)
    assert.deepEqual((await valuesOf(spec, [`--tag=${text}`])).tag, [text])
  }
  assert.equal((await valuesOf(spec, ['--name=-x'])).name, '-x')
})

test('parseOptions gives a dashed option under its camelCase name too', async () => {
  const values = await valuesOf(spec, ['--upstream-host', 'h'])
  assert.deepEqual([values['upstream-host'], values.upstreamHost], ['h', 'h'])
  assert.equal((await valuesOf(spec, ['--upstreamHost', 'h']))['upstream-host'], 'h')
})

test('parseOptions tidies a path', async () => {
  assert.equal((await valuesOf(spec, ['--poem', 'a/../b//c'])).poem, 'b/c')
})

test('parseOptions lets the last repetition win', async () => {
  assert.equal((await valuesOf(spec, ['--port', '1', '-p2', '--listen', '3'])).port, 3)
  assert.equal((await valuesOf(spec, ['--daemon', '--no-daemon'])).daemon, false)
  assert.equal((await valuesOf(spec, ['--mode', 'fast', '--mode', 'slow'])).mode, 'slow')
})

test('parseOptions takes --no-flag, --flag=true and --flag=false for a flag alone', async () => {
  assert.equal((await valuesOf(spec, ['--daemon=true'])).daemon, true)
  assert.equal((await valuesOf(spec, ['--daemon=false'])).daemon, false)
  await refuses(spec, ['--daemon=yes'], 'option --daemon takes no value')
  await refuses(spec, ['--no-daemon=true'], 'unknown option --no-daemon')
  await refuses(spec, ['-v=2'], 'option -v takes no value')
  await refuses(spec, ['--no-name'], 'unknown option --no-name')
})

test('parseOptions gives a default, and a copy of it each time', async () => {
  const withDefaults = {
    port: { type: 'number', default: 10000 },
    hosts: { type: 'array', default: ['a'] },
    none: { default: null },
  } as const
  const values = await valuesOf(withDefaults, [])
  assert.deepEqual(values, { port: 10000, hosts: ['a'], none: undefined })
  ;(values.hosts as string[]).push('b')
  assert.deepEqual((await valuesOf(withDefaults, [])).hosts, ['a'])
})

test('parseOptions refuses an unknown option and suggests the nearest', async () => {
  await refuses(spec, ['--prot', '8'], 'unknown option --prot', 'did you mean --port?')
  await refuses(spec, ['--verb'], 'unknown option --verb', 'did you mean --verbose?')
  await refuses(spec, ['--prot=8'], 'unknown option --prot', 'did you mean --port?')
  await refuses(spec, ['-dx'], 'unknown option -x')
  for (const name of ['constructor', '__proto__', 'toString', '']) {
    await refuses(spec, [`--${name}=1`], `unknown option --${name}`)
  }
})

test('parseOptions refuses an abbreviation', async () => {
  await refuses(spec, ['--por', '8'], 'unknown option --por', 'did you mean --port?')
})

test('parseOptions does not suggest a hidden option', async () => {
  await refuses({ secret: { hidden: true } }, ['--secrt', 'x'], 'unknown option --secrt')
})

test('parseOptions refuses an option without its value', async () => {
  await refuses(spec, ['--port'], 'option --port requires a value')
  await refuses(spec, ['-p'], 'option -p requires a value')
  await refuses(spec, ['--name', '--', 'x'], 'option --name requires a value')
  await refuses(
    spec,
    ['--tag', '--daemon'],
    'option --tag requires a value',
    'write --tag=--daemon if that is it',
  )
  await refuses(
    spec,
    ['--name', '-x'],
    'option --name requires a value',
    'write --name=-x if that is it',
  )
})

test('parseOptions refuses what is no number', async () => {
  for (const text of ['abc', '', ' ', '1x', 'Infinity', 'NaN']) {
    const message = `option --port needs a number, not ${JSON.stringify(text)}`
    await refuses(spec, [`--port=${text}`], message)
  }
  await refuses(spec, ['--weight', '1', '--weight', 'x'], 'option --weight needs a number, not "x"')
  await refuses(spec, ['--port', 'abc', '--port', '1'], 'option --port needs a number, not "abc"')
})

test('parseOptions refuses a value that is none of the choices', async () => {
  await refuses(spec, ['--mode', 'x'], 'option --mode is one of "fast", "slow", not "x"')
  await refuses(spec, ['--level', '3'], 'option --level is one of 1, 2, not 3')
})

test('parseOptions refuses to do without a demanded option, and says why', async () => {
  const demanding = {
    poem: { demandOption: true },
    port: { type: 'number', demandOption: 'nobody can connect otherwise' },
    iface: { demandOption: true, default: 'localhost' },
  } as const
  const message = 'options --poem, --port are required: nobody can connect otherwise'
  await refuses(demanding, [], message)
  await refuses(demanding, ['--port', '1'], 'option --poem is required')
  const values = await valuesOf(demanding, ['--port', '1', '--poem='])
  assert.deepEqual(values, { poem: '', port: 1, iface: 'localhost' })
})

test('parseOptions refuses options that exclude each other, defaults aside', async () => {
  const either = { port: { type: 'number', default: 1, conflicts: 'socket' }, socket: {} } as const
  await refuses(
    either,
    ['--port', '2', '--socket', 's'],
    'options --port and --socket exclude each other',
  )
  assert.deepEqual(await valuesOf(either, ['--socket', 's']), { port: 1, socket: 's' })
})

test('parseOptions refuses an option without the one that it implies, defaults aside', async () => {
  const both = {
    cert: { implies: ['key'] },
    key: {},
    tls: { default: 'x', implies: 'key' },
  } as const
  await refuses(both, ['--cert', 'c'], 'option --cert needs --key too')
  assert.equal((await valuesOf(both, ['--cert', 'c', '--key', 'k'])).key, 'k')
  assert.equal((await valuesOf(both, [])).tls, 'x')
})

test('parseOptions takes all after -- as arguments', async () => {
  const args = ['a', '-d', '--', '--port', 'abc', '--help', '--']
  const { values, rest, help } = await parseOptions({ spec, args })
  assert.deepEqual(rest, ['a', '--port', 'abc', '--help', '--'])
  assert.deepEqual([values.daemon, values.port, help], [true, undefined, false])
})

test('parseOptions takes a dash alone as an argument, and a digit as an option', async () => {
  assert.deepEqual((await parseOptions({ spec, args: ['-', '--', '-5'] })).rest, ['-', '-5'])
  await assert.rejects(parseOptions({ spec, args: ['-5'] }), { message: 'unknown option -5' })
  assert.equal((await valuesOf({ ipv4: { alias: '4', type: 'boolean' } }, ['-4'])).ipv4, true)
})

test('parseOptions stops at the first argument when it is told to', async () => {
  const parse = (...args: string[]) => parseOptions({ spec, args, stopAtFirstArgument: true })
  const stopped = await parse('-d', '--name', 'x', 'web', '--port', 'abc', '--', '--help')
  assert.deepEqual(stopped.rest, ['web', '--port', 'abc', '--', '--help'])
  assert.deepEqual(
    [stopped.values.name, stopped.values.port, stopped.help],
    ['x', undefined, false],
  )
  assert.deepEqual((await parse('--', 'web', '-p1')).rest, ['web', '-p1'])
  await assert.rejects(parse('--bad', 'web', '--help'), { message: 'unknown option --bad' })
})

test('parseOptions checks nothing when help or version is asked for', async () => {
  const demanding = { poem: { demandOption: true }, port: { type: 'number' } } as const
  const environment = { prefix: 'R', variables: { R_PORT: 'x' } }
  for (const args of [['--help'], ['--bad', '--help'], ['--help', '--port'], ['--help', '-x']]) {
    const parsed = await parseOptions({ spec: demanding, args, environment })
    const told = { values: {}, rest: [], help: true, version: false, variables: {} }
    assert.deepEqual(parsed, told, args.join(' '))
  }
  const { help, version } = await parseOptions({ spec: demanding, args: ['--version'] })
  assert.deepEqual([help, version], [false, true])
})

test('parseOptions gives the bare texts when help is asked for', async () => {
  const { values } = await parseOptions({
    spec,
    args: ['--port=x', '-ta', '-tb', '--help', '-nc', '-nd'],
  })
  assert.deepEqual(values, { port: 'x', tag: ['a', 'b'], name: 'd' })
})

test('parseOptions takes yargs for no guess at a name', async () => {
  const odd = { 'a.b': {}, aB: {}, 'c-d': {} } as const satisfies OptionsSpec
  assert.deepEqual(await valuesOf(odd, ['--a.b=1', '--aB=2', '--c-d=3']), {
    'a.b': '1',
    aB: '2',
    'c-d': '3',
    cD: '3',
  })
})

test('parseOptions throws an error that is known by its code', async () => {
  await assert.rejects(valuesOf(spec, ['--x']), { name: 'UsageError', code: 'ERR_USAGE' })
})
