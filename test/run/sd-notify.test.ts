import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { daemon, foreground } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const skip = process.getuid?.() === 0 ? false : 'only root may change the root'
const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

/** Prints each datagram that a socket gets; the first line says that it is there. */
const LISTENER = `
import socket, sys
path = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\\0" + path[1:] if path[0] == "@" else path)
print("listening", flush=True)
while True:
    print(listener.recv(4096).decode().replace("\\n", "|"), flush=True)
`

/** What stands for systemd; the lines that it was told. */
async function serviceManager(t: TestContext, path: string): Promise<() => Promise<string>> {
  const python = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    python.kill('SIGKILL')
    await once(python, 'exit')
  })
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await lines.next()).value as string
  assert.equal(await next(), 'listening')
  return next
}

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
