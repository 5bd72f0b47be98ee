import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures, ourPlugins } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const withOurs = { RUNNER_PLUGIN_PATH: ourPlugins }

test('runner alone lists its options and the plugins with their descriptions', async (t) => {
  const { status, stdout, stderr } = await runner([], { cwd: tempDir(t), env: withOurs })
  assert.equal(status, 0)
  assert.equal(stderr, '')
  assert.match(stdout, /^Usage: runner \[options\]/)
  assert.match(stdout, /-n, --nodaemon/)
  assert.match(stdout, /\n {4}fastpoetry {7}A fast poetry service\.\n/)
  const names = [...stdout.matchAll(/^ {4}(\w+) /gm)].map((match) => match[1])
  const ours = readdirSync(ourPlugins).filter((name) =>
    existsSync(join(ourPlugins, name, 'package.json')),
  )
  assert.deepEqual(names.slice(-ours.length), ours.sort())
})

test('runner --help prints what runner alone prints', async (t) => {
  const cwd = tempDir(t)
  const bare = await runner([], { cwd, env: withOurs })
  const help = await runner(['--help'], { cwd, env: withOurs })
  assert.deepEqual(help, bare)
  const late = await runner(['--plugin-path', ourPlugins, '--help'], { cwd })
  assert.equal(late.stdout, bare.stdout)
})

test('runner --version is one line', async (t) => {
  const { status, stdout } = await runner(['--version'], { cwd: tempDir(t) })
  assert.equal(status, 0)
  assert.match(stdout, /^runner \d+\.\d+\.\d+\n$/)
})

test('runner PLUGIN --help shows its options and their defaults', async (t) => {
  const cwd = tempDir(t)
  const { status, stdout } = await runner(['fastpoetry', '--help'], { cwd, env: withOurs })
  assert.equal(status, 0)
  assert.match(stdout, /^Usage: runner \[options\] fastpoetry \[options\]\n/)
  assert.match(stdout, /-p, --port .*\[default: 10000\]/)
  assert.match(stdout, /--poem .*\n?.*\[required\]/)
})

test('help keeps within COLUMNS', async (t) => {
  const cwd = tempDir(t)
  const env = { ...withOurs, COLUMNS: '40' }
  for (const args of [[], ['fastpoetry', '--help']]) {
    const { stdout } = await runner(args, { cwd, env })
    const widest = Math.max(...stdout.split('\n').map((line) => line.length))
    assert.ok(widest <= 41, `${widest} columns in:\n${stdout}`)
  }
})

test('a broken dropin is one line on stderr, and the others are listed', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'plugins'))
  cpSync(join(fixtures, 'probe', 'probe.js'), join(cwd, 'plugins', 'probe.js'))
  cpSync(join(fixtures, 'broken', 'throws-on-import.js'), join(cwd, 'plugins', 'broken.js'))
  const { status, stdout, stderr } = await runner([], { cwd })
  assert.equal(status, 0)
  assert.match(stdout, /probe {12}Writes down what is done to it\./)
  assert.equal(
    stderr,
    `runner: cannot read plugin ${join(cwd, 'plugins', 'broken.js')}: I am broken\n`,
  )
})

test('of many broken dropins five are named, and the rest counted', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'plugins'))
  for (let i = 0; i < 8; i += 1) writeFileSync(join(cwd, 'plugins', `bad${i}.js`), 'syntax error')
  const { status, stderr } = await runner([], { cwd })
  assert.equal(status, 0)
  const lines = stderr.trimEnd().split('\n')
  assert.equal(lines.length, 6)
  assert.match(lines[5] as string, /^runner: cannot read 3 more plugins/)
})

test('runner names an unknown plugin, and the one that may be meant', async (t) => {
  const cwd = tempDir(t)
  const { status, stdout, stderr } = await runner(['fastpotery'], { cwd, env: withOurs })
  assert.equal(status, 64)
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /^runner: cannot find plugin fastpotery: .*\nhint: did you mean fastpoetry\?\n$/,
  )
})

test('runner names the verb that may be meant', async (t) => {
  const cwd = tempDir(t)
  for (const [word, verb] of [
    ['relaod', 'reload'],
    ['stpo', 'stop'],
    ['plugin', 'plugins'],
  ] as const) {
    const { status, stderr } = await runner([word], { cwd, env: withOurs })
    assert.equal(status, 64)
    assert.match(stderr, new RegExp(`\nhint: did you mean ${verb}\\?\n$`))
  }
})

test('a reader that goes away is no error', async (t) => {
  const { execFileSync } = await import('node:child_process')
  const { cleanEnv } = await import('../helpers/runner.ts')
  const { runnerBin } = await import('../helpers/paths.ts')
  const cwd = tempDir(t)
  const out = execFileSync('sh', ['-c', `"${process.execPath}" "${runnerBin}" | head -1`], {
    cwd,
    env: cleanEnv(cwd, withOurs),
    encoding: 'utf8',
  })
  assert.match(out, /^Usage: runner .*\n$/)
})
