// @ts-check
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { checkPlugin, startService } from '@runnerd/testkit'
import { maker } from '../plugins/{{tapname}}.js'

test('the plugin is one that runner takes', async () => {
  const file = new URL('../plugins/{{tapname}}.js', import.meta.url)
  await checkPlugin(file, { args: ['--port', '0'] })
})

test('whoever connects is greeted', async (t) => {
  const running = await startService(maker, ['--port', '0', '--name', 'you'])
  t.after(() => running.stop())
  const { host, port } = running.address()
  assert.equal(await text(connect(port, host)), 'hello you\n')
  await running.line(/greeting you/)
})
