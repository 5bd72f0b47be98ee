import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { daemon, foreground } from '../helpers/runner.ts'
import { serviceManager } from '../helpers/service-manager.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const skip = process.getuid?.() === 0 ? false : 'only root may change the root'
const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

for (const [kind, pathIn] of [
  ['a path', (cwd: string) => join(cwd, 'notify')],
  ['an abstract name', (cwd: string) => `@${cwd}/notify`],
] as const) {
  test(`the service manager hears of the start and the stop, at ${kind}`, async (t) => {
    const cwd = tempDir(t)
    const path = pathIn(cwd)
    const told = await serviceManager(t, path)
    const running = foreground(t, ['probe'], { cwd, env: { ...env, NOTIFY_SOCKET: path } })
    assert.equal(await told(), 'READY=1')
    await running.line(/\[-\] all up\n/)
    running.child.kill('SIGTERM')
    assert.equal(await told(), 'STOPPING=1')
    const { signal, stdout } = await running.ended
    assert.equal(signal, 'SIGTERM')
    assert.doesNotMatch(stdout, /cannot notify/)
    assert.deepEqual(await told.rest(), [])
  })
}

test('a daemon tells it too', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const { stop } = await daemon(t, ['probe'], { cwd, env: { ...env, NOTIFY_SOCKET: path } })
  assert.equal(await told(), 'READY=1')
  await stop()
  assert.equal(await told(), 'STOPPING=1')
})

test('of several workers the process that started them tells, once for all', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const words = ['--workers', '2', 'probe']
  const { pid, stop } = await daemon(t, words, { cwd, env: { ...env, NOTIFY_SOCKET: path } })
  assert.equal(await told(), 'READY=1')
  process.kill(pid, 'SIGHUP')
  assert.match(await told(), /^RELOADING=1\|MONOTONIC_USEC=\d+$/)
  assert.equal(await told(), 'READY=1')
  await stop()
  assert.deepEqual(await told.rest(), ['STOPPING=1'])
})

test('a daemon in another root tells it, by the socket it had before', { skip }, async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'jail'))
  const path = join(cwd, 'notify')
  const told = await serviceManager(t, path)
  const args = ['--chroot', 'jail', '--pidfile=', 'probe']
  const running = foreground(t, args, { cwd, env: { ...env, NOTIFY_SOCKET: path } })
  assert.equal(await told(), 'READY=1')
  running.child.kill('SIGTERM')
  assert.equal(await told(), 'STOPPING=1')
  await running.ended
})

test('a service manager that is not there is said once, and nothing else changes', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'nobody')
  const running = foreground(t, ['probe'], { cwd, env: { ...env, NOTIFY_SOCKET: path } })
  await running.line(/cannot connect .*nobody: no such file or directory\n/)
  running.child.kill('SIGTERM')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGTERM')
  assert.equal(stdout.match(/cannot connect/g)?.length, 1)
})

test('without koffi the log says that nobody was told', async (t) => {
  const cwd = tempDir(t)
  const options = { cwd, command: withoutKoffi(t), env: { ...env, NOTIFY_SOCKET: join(cwd, 'x') } }
  const running = foreground(t, ['probe'], options)
  await running.line(/cannot notify the service manager: koffi is not installed\n/)
})
