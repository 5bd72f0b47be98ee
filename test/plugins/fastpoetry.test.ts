import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fastpoetry } from '@runnerd/fastpoetry'
import { checkPlugin, startService } from '@runnerd/testkit'
import { fetchAll } from '../helpers/fetch-all.ts'
import { ecstasy, ourPlugins } from '../helpers/paths.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('fastpoetry is a sound plugin', async () => {
  const file = join(ourPlugins, 'fastpoetry', 'dist', 'plugin.js')
  await checkPlugin(file, { args: ['--port', '0', '--poem', ecstasy] })
})

test('fastpoetry serves its poem byte for byte, and logs how much of it', async (t) => {
  const poetry = await startService(fastpoetry, ['--port', '0', '--poem', ecstasy])
  t.after(() => poetry.stop())
  const poem = readFileSync(ecstasy)
  const { host, port } = poetry.address()
  assert.equal(host, '127.0.0.1')
  assert.deepEqual(await fetchAll(port, host), poem)
  const line = await poetry.line(/sending/)
  assert.match(line, new RegExp(`^\\[PoetryFactory\\] sending ${poem.length} bytes of poetry to `))
})

test('fastpoetry logs its life as in the tutorial', async () => {
  const poetry = await startService(fastpoetry, ['--port', '0', '--poem', ecstasy])
  const { port } = poetry.address()
  await poetry.stop()
  assert.deepEqual(poetry.log, [
    `[-] PoetryFactory starting on ${port}`,
    '[-] Starting factory <PoetryFactory>',
    `[-] loaded a poem from: ${ecstasy}`,
    `[-] (TCP Port ${port} Closed)`,
    '[-] Stopping factory <PoetryFactory>',
  ])
})

test('fastpoetry refuses a second port without a second poem', async () => {
  const words = ['--port', '0', '--poem', ecstasy, '--port2', '0']
  await assert.rejects(startService(fastpoetry, words), {
    code: 'ERR_USAGE',
    message: 'options --port2 and --poem2 come together',
  })
})

test('fastpoetry does not start without its poem', async (t) => {
  const poem = join(tempDir(t), 'none.txt')
  await assert.rejects(startService(fastpoetry, { port: 0, poem }), { code: 'ENOENT', path: poem })
})

test('fastpoetry names a directory that is no poem', async (t) => {
  const poem = tempDir(t)
  await assert.rejects(startService(fastpoetry, { port: 0, poem }), { code: 'EISDIR', path: poem })
})
