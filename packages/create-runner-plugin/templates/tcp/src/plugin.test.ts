import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { checkPlugin, startService } from '@runnerd/testkit'
import { maker } from './plugin.ts'

test('the plugin is one that runner takes', async () => {
  await checkPlugin(new URL('./plugin.js', import.meta.url), { args: ['--port', '0'] })
})

test('whoever connects is greeted', async (t) => {
  const running = await startService(maker, ['--port', '0', '--name', 'you'])
  t.after(() => running.stop())
  const { host, port } = running.address()
  assert.equal(await text(connect(port, host)), 'hello you\n')
  await running.line(/greeting you/)
})
