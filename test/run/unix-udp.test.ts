import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { fixtures } from '../helpers/paths.ts'
import { daemon, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

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
