import assert from 'node:assert/strict'
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures } from '../helpers/paths.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const needsRoot = process.getuid?.() === 0 ? false : 'needs root'
const NOBODY = 65534

/** The names of the functions that a profile has. */
function functionsIn(file: string): string[] {
  const { nodes, samples, startTime, endTime } = JSON.parse(readFileSync(file, 'utf8'))
  assert.ok(samples.length > 0 && endTime > startTime)
  return nodes.map((node: { callFrame: { functionName: string } }) => node.callFrame.functionName)
}

test('a daemon’s profile is written when it stops, in the starting directory', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'sub'))
  const args = ['--profile', 'x.cpuprofile', '-d', 'sub', 'probe']
  const { stop, log } = await daemon(t, args, { cwd, env })
  assert.equal(readFileSync(join(cwd, 'x.cpuprofile'), 'utf8'), '')
  await stop()
  assert.ok(functionsIn(join(cwd, 'x.cpuprofile')).includes('(root)'))
  assert.ok(!existsSync(join(cwd, 'sub', 'x.cpuprofile')))
  assert.match(log(), /Server Shut Down\.\n$/)
})

test('an old profile is replaced, whole', async (t) => {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'x'), 'old '.repeat(100_000))
  const { stop } = await daemon(t, ['-p', 'x', 'probe'], { cwd, env })
  await stop()
  functionsIn(join(cwd, 'x'))
})

for (const [end, args, status] of [
  ['process.exit in a service', ['--exit', 'start:b'], 7],
  ['a start that fails', ['--fail', 'start:b'], 70],
  ['an error nobody caught', ['--throw', 'start:b'], 70],
] as const) {
  test(`a profile is written at the end by ${end}`, async (t) => {
    const cwd = tempDir(t)
    const ended = await runner(['-n', '-p', 'x', 'probe', ...args], { cwd, env })
    assert.equal(ended.status, status)
    assert.ok(functionsIn(join(cwd, 'x')).includes('(root)'))
  })
}

test('a profile is written when a second signal ends a stop', async (t) => {
  const cwd = tempDir(t)
  const args = ['-p', 'x', 'probe', '--hang', 'stop:c', '--trace', 'trace']
  const running = foreground(t, args, { cwd, env })
  await running.line(/all up/)
  running.child.kill('SIGTERM')
  await running.line(/Received SIGTERM/)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
  functionsIn(join(cwd, 'x'))
})

test('who sheds privileges still writes the profile', { skip: noOtherUser }, async (t) => {
  const cwd = tempDir(t)
  const { stop, log } = await daemon(t, ['-p', 'x', '-u', 'nobody', 'probe'], { cwd, env })
  await stop()
  assert.doesNotMatch(log(), /cannot write/)
  functionsIn(join(cwd, 'x'))
})

test('a profile that can’t be written is said at once: status 73, or 77', async (t) => {
  const cwd = tempDir(t)
  const missing = await runner(['-p', 'no/x', 'probe'], { cwd, env })
  assert.equal(missing.status, 73)
  assert.equal(
    missing.stderr,
    `runner: cannot write profile ${join(cwd, 'no', 'x')}: no such file or directory\n` +
      `hint: its log is ${join(cwd, 'runner.log')}\n`,
  )
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
  const none = await runner(['-n', '--profile=', 'probe'], { cwd, env })
  assert.equal(none.status, 64)
})

test('a profile in somebody else’s directory is refused with 77', {
  skip: needsRoot,
}, async (t) => {
  const { spawnSync } = await import('node:child_process')
  const { runnerBin } = await import('../helpers/paths.ts')
  const { cleanEnv } = await import('../helpers/runner.ts')
  const cwd = tempDir(t)
  chownSync(cwd, NOBODY, NOBODY)
  mkdirSync(join(cwd, 'roots'))
  const args = [runnerBin, '-n', '-p', 'roots/x', 'probe']
  const options = { cwd, env: cleanEnv(cwd, env), uid: NOBODY, gid: NOBODY, encoding: 'utf8' }
  const { status, stderr } = spawnSync(process.execPath, args, options as { encoding: 'utf8' })
  assert.equal(status, 77)
  assert.match(stderr, /^runner: cannot write profile .*roots\/x: permission denied\n$/)
})
