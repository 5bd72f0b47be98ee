import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPlugin, startService } from '@runnerd/testkit'
import { maker } from './plugin.ts'

test('the plugin is one that runner takes', async () => {
  await checkPlugin(new URL('./plugin.js', import.meta.url), { args: ['--port', '0'] })
})

test('a request is answered, and the client it leaves idle holds up no stop', async () => {
  const running = await startService(maker, ['--port', '0', '--name', 'you'])
  const { host, port } = running.address()
  const url = `http://${host}:${port}/`
  const response = await fetch(url)
  assert.equal(await response.text(), 'hello you\n')
  await running.stop()
  await assert.rejects(fetch(url))
})

test('a port that is taken fails the start', async (t) => {
  const running = await startService(maker, ['--port', '0'])
  t.after(() => running.stop())
  const { port } = running.address()
  await assert.rejects(startService(maker, { port }), { code: 'ERR_CANNOT_LISTEN' })
})
