import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { fetchAll } from '../helpers/fetch-all.ts'
import { freePort } from '../helpers/free-port.ts'
import { ecstasy, ourPlugins, root } from '../helpers/paths.ts'
import { daemon, foreground } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }
const run = promisify(execFile)

test('nc gets the poem, byte for byte', async (t) => {
  const port = await freePort()
  await daemon(t, ['fastpoetry', '-p', String(port), '--poem', ecstasy], { cwd: tempDir(t), env })
  const poem = readFileSync(ecstasy, 'utf8')
  const { stdout } = await run('nc', ['-d', 'localhost', String(port)])
  assert.equal(stdout, poem)
})

test('a poem that is not text, and larger than a socket takes at once, arrives whole', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const bytes = Buffer.alloc(3_000_001)
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = (i * 31 + (i >> 8)) & 0xff
  writeFileSync(join(cwd, 'poem.bin'), bytes)
  await daemon(t, ['fastpoetry', '-p', String(port), '--poem', 'poem.bin'], { cwd, env })
  const all = await Promise.all(Array.from({ length: 10 }, () => fetchAll(port)))
  for (const each of all) assert.ok(each.equals(bytes))
})

test('a client that never reads holds up neither the others nor a stop', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  writeFileSync(join(cwd, 'poem.bin'), Buffer.alloc(30_000_000, 'poetry '))
  const { stop, log } = await daemon(t, ['fastpoetry', '-p', String(port), '--poem', 'poem.bin'], {
    cwd,
    env,
  })
  const lazy = connect(port, '127.0.0.1')
  lazy.on('error', () => {})
  await once(lazy, 'connect')
  lazy.pause()
  t.after(() => lazy.destroy())
  assert.equal((await fetchAll(port)).length, 30_000_000)
  await stop()
  assert.match(log(), /Server Shut Down\.\n$/)
})

test('fastpoetry serves a second poem on a second port', async (t) => {
  const [one, two] = [await freePort(), await freePort()]
  const sonnet = join(root, 'poetry', 'sonnet-18.txt')
  const args = ['fastpoetry', '--port', String(one), '--poem', ecstasy]
  const second = ['--port2', String(two), '--poem2', sonnet]
  await daemon(t, [...args, ...second], { cwd: tempDir(t), env })
  assert.deepEqual(await fetchAll(one), readFileSync(ecstasy))
  assert.deepEqual(await fetchAll(two), readFileSync(sonnet))
})

test('poetryproxy fetches the poem once and goes on when the upstream is gone', async (t) => {
  const [upstream, port] = [await freePort(), await freePort()]
  const poetry = ['fastpoetry', '--port', String(upstream), '--poem', ecstasy]
  const server = await daemon(t, poetry, { cwd: tempDir(t), env })
  const proxy = ['poetryproxy', '--port', String(port), '--upstream-port', String(upstream)]
  const { log } = await daemon(t, proxy, { cwd: tempDir(t), env })
  const poem = readFileSync(ecstasy)
  assert.deepEqual(await fetchAll(port), poem)
  await server.stop()
  assert.deepEqual(await fetchAll(port), poem)
  assert.equal(server.log().match(/sending /g)?.length, 1)
  assert.match(log(), /\[ProxyFactory\] sending \d+ bytes/)
})

test('poetryproxy hangs up, and lives, while there is no upstream', async (t) => {
  const [upstream, port] = [await freePort(), await freePort()]
  const proxy = ['poetryproxy', '--port', String(port), '--upstream-port', String(upstream)]
  const { log } = await daemon(t, proxy, { cwd: tempDir(t), env })
  await fetchAll(port).catch((error) => assert.equal(error.code, 'ECONNRESET'))
  assert.match(log(), /cannot fetch the poem: connection refused\n/)
  const poetry = ['fastpoetry', '--port', String(upstream), '--poem', ecstasy]
  await daemon(t, poetry, { cwd: tempDir(t), env })
  assert.deepEqual(await fetchAll(port), readFileSync(ecstasy))
})

test('a foreground run logs to stdout what the seed’s transcript shows', async (t) => {
  const cwd = root
  const port = await freePort()
  const pidfile = join(tempDir(t), 'runner.pid')
  const args = [
    '--pidfile',
    pidfile,
    'fastpoetry',
    '--port',
    String(port),
    '--poem',
    'poetry/ecstasy.txt',
  ]
  const running = foreground(t, args, { cwd })
  await running.line(/loaded a poem from: poetry\/ecstasy\.txt\n/)
  running.child.kill('SIGINT')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGINT')
  const lines = stdout.trimEnd().split('\n')
  for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \[-\] \S/)
})
