import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Ended, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const maker = (tapname: string): string =>
  `export const maker = { tapname: '${tapname}', description: 'Is found.', makeService() {} }\n`

/** Dropins that do what no dropin should, and declare a plugin all the same. */
const rude: Record<string, string> = {
  prints: `for (let i = 0; i < 1000; i++) { console.log('x'.repeat(1e4)); console.error('y'.repeat(1e4)) }`,
  'prints-raw': `import { writeSync } from 'node:fs'\nwriteSync(1, 'loud'); writeSync(2, 'loud')`,
  listens: `import { createServer } from 'node:net'
    await new Promise((done) => createServer().listen(0, '127.0.0.1', done))`,
  'leaks-timers': `for (let i = 0; i < 1000; i++) setInterval(() => {}, 1)`,
  'leaks-children': `import { spawn } from 'node:child_process'\nspawn('sleep', ['1'])`,
  'listens-to-signals': `process.on('SIGTERM', () => {}); process.on('SIGINT', () => {})`,
  'changes-title': `process.title = 'not runner'`,
  'changes-cwd': `process.chdir('/')`,
  'changes-argv': `process.argv.length = 0; process.execArgv.push('--inspect')`,
  'floods-reports': `import { writeSync } from 'node:fs'
    for (let i = 0; i < 1000; i++) writeSync(3, '{"file":"/nowhere","plugins":[{}]}\\n'.repeat(100))`,
  'patches-json': `JSON.parse = () => ({})`,
  'rejects-late': `setTimeout(() => Promise.reject(new Error('late')), 0).unref()`,
}

/** Dropins that can't be read, and what is said of each. */
const broken: Record<string, [source: string, reason: RegExp]> = {
  exits: [`process.exit(3)`, /^it exited with status 3$/],
  throws: [`throw new Error('out of paper')`, /^out of paper$/],
  'throws-a-string': [`throw 'out of paper'`, /^out of paper$/],
  'throws-nothing': [`throw undefined`, /^undefined$/],
  'throws-escapes': [
    `throw new Error('\\x1b[31mred\\x1b]0;title\\x07\\r\\nmore\\x9b2J')`,
    /^[^\p{Cc}]*red[^\p{Cc}]*$/u,
  ],
  rejects: [
    `Promise.reject(new Error('unhandled'))\nawait new Promise((done) => setTimeout(done, 1e6))`,
    /^it exited with status 1$/,
  ],
  'fills-memory': [
    `const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))`,
    /^it was ended by SIG(ABRT|TRAP)$/,
  ],
  'deletes-globals': [
    `for (const name of ['process', 'Buffer', 'setTimeout', 'URL', 'Promise', 'Array', 'Object', 'JSON']) delete globalThis[name]`,
    /./,
  ],
}

function complaints({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line !== '')
}

test('dropins that misbehave cost a line each at most, and the others are listed', async (t) => {
  const cwd = tempDir(t)
  const plugins = join(cwd, 'plugins')
  mkdirSync(plugins)
  writeFileSync(join(cwd, 'package.json'), '{"type":"module"}')
  for (const name of ['aaa', 'mmm', 'zzz']) writeFileSync(join(plugins, `${name}.js`), maker(name))
  for (const [name, source] of Object.entries(rude))
    writeFileSync(join(plugins, `${name}.js`), `${source}\n${maker(name)}`)
  for (const [name, [source]] of Object.entries(broken))
    writeFileSync(join(plugins, `${name}.js`), source)
  const cold = await runner([], { cwd })
  assert.equal(cold.status, 0)
  const found = [...cold.stdout.matchAll(/^ {4}(\S+) +Is found\.$/gm)].map(([, name]) => name)
  assert.deepEqual(found, ['aaa', 'mmm', 'zzz', ...Object.keys(rude)].sort())
  // Five are named, and the others counted.
  const lines = complaints(cold)
  assert.equal(lines.length, 6)
  assert.match(
    lines[5]!,
    /^runner: cannot read [23] more plugins: runner plugins doctor names them$/,
  )
  for (const line of lines) assert.doesNotMatch(line, /\p{Cc}/u)
  assert.equal((await runner([], { cwd })).stdout, cold.stdout)
  JSON.parse(readFileSync(join(plugins, 'dropin.cache'), 'utf8'))
})

for (const [name, [source, reason]] of Object.entries(broken)) {
  test(`runner names a dropin that ${name.replaceAll('-', ' ')}, in one line`, async (t) => {
    const cwd = tempDir(t)
    const file = join(cwd, 'plugins', `${name}.mjs`)
    mkdirSync(join(cwd, 'plugins'))
    writeFileSync(file, source)
    writeFileSync(join(cwd, 'plugins', 'zzz.mjs'), maker('zzz'))
    const ended = await runner([], { cwd })
    assert.equal(ended.status, 0)
    assert.match(ended.stdout, /^ {4}zzz +Is found\.$/m)
    const [line = '', ...more] = complaints(ended)
    assert.deepEqual(more, [])
    const start = `runner: cannot read plugin ${file}: `
    assert.ok(line.startsWith(start), ended.stderr)
    assert.match(line.slice(start.length), reason)
  })
}

test('runner gives up on a dropin that hangs, and says so once', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(join(cwd, 'plugins', 'hangs.mjs'), 'for (;;);')
  writeFileSync(join(cwd, 'plugins', 'zzz.mjs'), maker('zzz'))
  const ended = await runner([], { cwd })
  assert.equal(ended.status, 0)
  assert.match(ended.stdout, /^ {4}zzz +Is found\.$/m)
  const [line = '', ...more] = complaints(ended)
  // Ten seconds, and more where the machine has other things to do.
  assert.match(
    line,
    /^runner: cannot read plugin .*\/hangs\.mjs: it did not finish within \d+ seconds?$/,
  )
  assert.deepEqual(more, [])
  assert.equal((await runner([], { cwd })).stderr, ended.stderr)
})
