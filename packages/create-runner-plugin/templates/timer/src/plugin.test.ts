import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPlugin, startService } from '@runnerd/testkit'
import { maker } from './plugin.ts'

test('the plugin is one that runner takes', async () => {
  await checkPlugin(new URL('./plugin.js', import.meta.url))
})

test('it greets at once, and again after the interval', async (t) => {
  const running = await startService(maker, ['--interval', '0.01', '--name', 'you'])
  t.after(() => running.stop())
  await running.line(/hello you \(1\)/)
  await running.line(/hello you \(2\)/)
})

test('an interval of nothing is refused', async () => {
  await assert.rejects(startService(maker, ['--interval', '0']), /--interval must be more than 0/)
})
