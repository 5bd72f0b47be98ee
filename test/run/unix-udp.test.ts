import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { fixtures } from '../helpers/paths.ts'
import { reload } from '../helpers/reloadable.ts'
import { daemon, gone, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { endAll, processesWith } from './conformance/processes.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'sockets') }

async function askPath(path: string): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(path)) text += chunk
  return text
}

async function askPort(t: TestContext, port: number): Promise<string> {
  const socket = dgram.createSocket('udp4')
  t.after(() => socket.close())
  socket.send('who?', port, '127.0.0.1')
  const [data] = await once(socket, 'message')
  return String(data)
}

test('a daemon serves a UNIX socket and a UDP port, and the path goes with it', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const port = await freePort()
  const args = ['sockets', '--port', String(port)]
  const { pid, stop, log } = await daemon(t, args, { cwd, env })
  assert.equal(await askPath(path), String(pid))
  assert.equal(await askPort(t, port), String(pid))
  const status = await runner(['status', '--pidfile', 'runner.pid', '--json'], { cwd, env })
  assert.match(status.stdout, /"kind": ?"unix"/)
  assert.match(status.stdout, /"kind": ?"udp"/)
  await stop()
  assert.ok(!existsSync(path))
  assert.match(log(), /\(UDP Port \d+ Closed\)[\s\S]*\(UNIX Port '.*pid\.sock' Closed\)/)
})

test('a UNIX socket that kill -9 has left is replaced at the next start', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const killed = await daemon(t, ['sockets'], { cwd, env })
  await killed.stop('SIGKILL')
  assert.ok(existsSync(path))
  const next = await daemon(t, ['sockets'], { cwd, env })
  assert.equal(await askPath(path), String(next.pid))
})

test('a UNIX socket that another daemon has is one line and status 69', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const first = await daemon(t, ['sockets'], { cwd, env })
  const own = ['--pidfile', 'other.pid', '--logfile', 'other.log']
  const { status, stderr } = await runner([...own, 'sockets'], { cwd, env })
  assert.equal(status, 69)
  assert.equal(stderr.split('\n')[0], `runner: cannot listen on ${path}: address already in use`)
  assert.equal(await askPath(path), String(first.pid))
})

test('a reload hands both over: no client is refused, no datagram lost, the path never gone', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const port = await freePort()
  const args = ['sockets', '--port', String(port)]
  const mine = { ...env, SOCKETS_TEST: cwd }
  const { pid, pidfile } = await daemon(t, args, { cwd, env: mine })
  t.after(() => endAll(() => processesWith(`SOCKETS_TEST=${cwd}`)))
  let isOver = false
  const over = reload(cwd).finally(async () => {
    await gone(pid)
    isOver = true
  })
  const [byPath, byPort] = [new Set<string>(), new Set<string>()]
  while (!isOver) {
    byPath.add(await askPath(path))
    byPort.add(await askPort(t, port))
  }
  await over
  const next = readFileSync(pidfile, 'utf8')
  assert.deepEqual([...byPath].sort(), [String(pid), next].sort())
  assert.deepEqual([...byPort].sort(), [String(pid), next].sort())
  process.kill(Number(next), 'SIGTERM')
  await gone(Number(next))
  assert.ok(!existsSync(path))
})

test('a successor that fails leaves the UNIX socket to the generation that serves', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const fails = { ...env, SOCKETS_FAIL: join(cwd, 'fail') }
  const { pid, stop } = await daemon(t, ['sockets'], { cwd, env: fails })
  writeFileSync(join(cwd, 'fail'), '')
  assert.match((await reload(cwd)).line ?? '', /as it was told to/)
  assert.equal(await askPath(path), String(pid))
  await stop()
  assert.ok(!existsSync(path))
})
