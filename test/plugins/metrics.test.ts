import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { look, seen, valuesIn } from '../helpers/monitor.ts'
import { ourPlugins } from '../helpers/paths.ts'
import { daemon } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { fetchFrom } from '../helpers/workers.ts'

/** Runs a plugin, and gives its control socket. */
async function run(t: TestContext, ...words: string[]): Promise<string> {
  const cwd = tempDir(t)
  await daemon(t, words, { cwd, env: { RUNNER_PLUGIN_PATH: ourPlugins } })
  return join(cwd, 'runner.sock')
}

/** Waits until a line of the metrics is there. */
async function metric(socket: string, line: RegExp): Promise<void> {
  await seen(socket, '/metrics', ({ text }) => line.test(text))
}

/** Says something, and reads until the other end hangs up. */
async function talk(port: number, text: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write(text)
  let got = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    got += chunk
  })
  await once(socket, 'close')
  return got
}

test('poetryproxy counts what it has fetched, and what it had in memory', async (t) => {
  const poem = join(tempDir(t), 'poem')
  writeFileSync(poem, 'a poem\n')
  const [upstream, port] = [await freePort(), await freePort()]
  await run(t, 'fastpoetry', '--port', String(upstream), '--poem', poem)
  const words = ['poetryproxy', '--port', String(port), '--upstream-port', String(upstream)]
  const socket = await run(t, ...words)
  for (let asked = 0; asked < 3; asked += 1) assert.equal(await fetchFrom(port), 'a poem\n')
  const values = valuesIn((await look(socket, '/metrics')).text)
  const of = (name: string) => values.get(`poetryproxy_${name}`)?.[0]?.value
  assert.deepEqual(
    ['cache_hits_total', 'fetches_total', 'fetch_failures_total', 'poem_bytes'].map(of),
    [2, 1, 0, 7],
  )
})

test('web counts requests by the class of their status', async (t) => {
  const port = await freePort()
  const socket = await run(t, 'web', '--path', tempDir(t), '--port', String(port), '--no-listing')
  for (const path of ['/none', '/nothing']) assert.equal((await look(port, path)).code, 404)
  await metric(socket, /^web_requests_total\{service="MultiService",status="4xx"\} 2$/m)
  await metric(socket, /^web_requests_underway\{service="MultiService"\} 0$/m)
})

test('procmon counts starts, and is not well while its command does not run', async (t) => {
  const socket = await run(t, 'procmon', '--minrestartdelay', '600', '--', 'sh', '-c', 'read line')
  await metric(socket, /^procmon_starts_total\{service="ProcessMonitor\/sh -c read line"\} 1$/m)
  await metric(socket, /^procmon_up\{service="ProcessMonitor\/sh -c read line"\} 0$/m)
  const { code, text } = await look(socket, '/readyz')
  assert.equal(code, 503)
  assert.match(text, /^\[-\]ProcessMonitor\/sh -c read line failed: it is not running$/m)
})

test('ftp counts sessions and transfers', async (t) => {
  const root = tempDir(t)
  writeFileSync(join(root, 'poem.txt'), 'a poem\n')
  const port = await freePort()
  const socket = await run(t, 'ftp', '--root', root, '--port', String(port))
  const control = connect(port, '127.0.0.1').on('error', () => {})
  t.after(() => control.destroy())
  let said = ''
  control.setEncoding('latin1').on('data', (chunk) => {
    said += chunk
  })
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(said)
      if (match !== null) return match
      await once(control, 'data')
    }
  }
  control.write('USER anonymous\r\nPASS x@y.z\r\nTYPE I\r\nEPSV\r\n')
  const [, data] = await until(/\(\|\|\|(\d+)\|\)/)
  control.write('RETR poem.txt\r\n')
  assert.equal(await fetchFrom(Number(data)), 'a poem\n')
  await until(/^226 /m)
  await metric(socket, /^ftp_sessions\{service="FTPService"\} 1$/m)
  await metric(
    socket,
    /^ftp_transfers_total\{service="FTPService",direction="sent",outcome="done"\} 1$/m,
  )
  await metric(socket, /^ftp_transferred_bytes_total\{service="FTPService",direction="sent"\} 7$/m)
})

test('socks counts what it was asked for, and what it has refused', async (t) => {
  const port = await freePort()
  const socket = await run(t, 'socks', '--deny', 'any', '--port', String(port))
  // Version 4, CONNECT to port 80 of 192.0.2.1, by nobody.
  await talk(port, Buffer.from([4, 1, 0, 80, 192, 0, 2, 1, 0]))
  await metric(socket, /^socks_requests_total\{.*command="CONNECT",outcome="refused"\} 1$/m)
})
