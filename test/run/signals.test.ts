import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { daemon, foreground } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const UP = / all up\n/

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops the services and ends the process by the signal`, async (t) => {
    const cwd = tempDir(t)
    const running = foreground(t, ['probe', '--say', 'up', '--trace', 'trace'], { cwd, env })
    await running.line(UP)
    running.child.kill(signal)
    const ended = await running.ended
    assert.equal(ended.signal, signal)
    assert.equal(ended.stderr, '')
    const lines = ended.stdout.replace(/^\S+ /gm, '').trimEnd().split('\n')
    assert.deepEqual(lines.slice(-3), [
      `[-] Received ${signal}, shutting down.`,
      '[-] Main loop terminated.',
      '[-] Server Shut Down.',
    ])
    assert.match(
      readFileSync(join(cwd, 'trace'), 'utf8'),
      /stopped c\n[\s\S]*stopped b\n[\s\S]*stopped a\n$/,
    )
  })
}

test('a second signal ends at once', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--say', 'up', '--hang', 'stop:c']
  const running = foreground(t, args, { cwd, env })
  await running.line(UP)
  running.child.kill('SIGTERM')
  await running.line(/Received SIGTERM, shutting down\./)
  running.child.kill('SIGINT')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGINT')
  assert.match(stdout, /Received SIGINT again, ending at once\./)
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('a service that fails to stop keeps no other from stopping', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--say', 'up', '--trace', 'trace', '--fail', 'stop:b']
  const running = foreground(t, args, { cwd, env })
  await running.line(UP)
  running.child.kill('SIGTERM')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGTERM')
  assert.match(stdout, /A service failed to stop\n\tError: stop fail/)
  assert.match(
    readFileSync(join(cwd, 'trace'), 'utf8'),
    /stopped c\n[\s\S]*stop b [\s\S]*stopped a\n$/,
  )
})

test('what has not stopped within --stop-timeout is named, and the status says so', async (t) => {
  const cwd = tempDir(t)
  const args = ['--stop-timeout', '0.2', 'probe', '--say', 'up', '--hang', 'stop:b']
  const running = foreground(t, args, { cwd, env })
  await running.line(UP)
  running.child.kill('SIGTERM')
  const { status, stdout } = await running.ended
  assert.equal(status, 70)
  assert.match(stdout, /Not stopped within 0\.2 seconds: .*b/)
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('a --stop-timeout longer than any timer is no short one', async (t) => {
  const cwd = tempDir(t)
  const slow = ['--slow', 'stop:c', '--seconds', '0.2', '--trace', 'trace']
  const running = foreground(t, ['--stop-timeout', '1e9', 'probe', ...slow], { cwd, env })
  await running.line(UP)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
  assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /stopped a\n$/)
})

test('an error that nobody caught stops the tree, with its stack in the log', async (t) => {
  const cwd = tempDir(t)
  const running = foreground(t, ['probe', '--say', 'up', '--trace', 'trace'], { cwd, env })
  await running.line(UP)
  running.child.kill('SIGIO')
  const { status, stdout } = await running.ended
  assert.equal(status, 70)
  assert.match(stdout, /Unhandled error\n\tError: out of the blue\n\t {4}at /)
  assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /stopped a\n$/)
})

test('a tree that is stopped from within ends with status 0', async (t) => {
  const cwd = tempDir(t)
  const running = foreground(t, ['probe', '--say', 'up', '--trace', 'trace'], { cwd, env })
  await running.line(UP)
  running.child.kill('SIGWINCH')
  assert.equal((await running.ended).status, 0)
  assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /stopped a\n$/)
})

test('a signal while it starts stops what was started', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--trace', 'trace', '--slow', 'start:b', '--seconds', '1']
  const running = foreground(t, args, { cwd, env })
  const trace = join(cwd, 'trace')
  await waitFor(trace, () =>
    existsSync(trace) && readFileSync(trace, 'utf8').includes('start b') ? true : undefined,
  )
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
  const calls = readFileSync(trace, 'utf8')
  assert.match(calls, /stopped a\n/)
})

test('SIGUSR1 rotates the log of a daemon, which goes on', async (t) => {
  const cwd = tempDir(t)
  const { pid, log, logfile, stop } = await daemon(t, ['probe', '--say', 'up'], { cwd, env })
  for (const number of [1, 2]) {
    process.kill(pid, 'SIGUSR1')
    await waitFor(logfile, () => (existsSync(`${logfile}.${number}`) ? true : undefined))
  }
  assert.match(readFileSync(`${logfile}.1`, 'utf8'), /Log opened\.\n[\s\S]* up\n/)
  assert.doesNotMatch(log(), /Log opened/)
  await stop()
  assert.match(log(), /Server Shut Down\.\n$/)
})

test('a log is rotated at a million bytes, and no line is lost', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--trace', 'trace']
  const { pid, logfile, stop } = await daemon(t, args, { cwd, env })
  process.kill(pid, 'SIGURG')
  const trace = join(cwd, 'trace')
  await waitFor(trace, () => (readFileSync(trace, 'utf8').includes('filled') ? true : undefined))
  await stop()
  const texts = [`${logfile}.1`, logfile].map((file) => readFileSync(file, 'utf8'))
  assert.ok((texts[0] as string).length >= 1_000_000)
  const numbers = [...texts.join('').matchAll(/line \.*(\d+)$/gm)].map((match) => Number(match[1]))
  assert.deepEqual(
    numbers,
    Array.from({ length: 12_000 }, (_, i) => i),
  )
})
