import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fastpoetry } from '@runnerd/fastpoetry'
import { poetryproxy } from '@runnerd/poetryproxy'
import { checkPlugin, startService } from '@runnerd/testkit'
import { fetchAll } from '../helpers/fetch-all.ts'
import { freePort } from '../helpers/free-port.ts'
import { ecstasy, ourPlugins } from '../helpers/paths.ts'

test('poetryproxy is a sound plugin', async () => {
  const file = join(ourPlugins, 'poetryproxy', 'dist', 'plugin.js')
  await checkPlugin(file, { args: ['--port', '0'] })
})

test('poetryproxy serves the poem of its upstream, which it fetches once', async (t) => {
  const poetry = await startService(fastpoetry, { port: 0, poem: ecstasy })
  t.after(() => poetry.stop())
  const upstreamPort = poetry.address().port
  const proxy = await startService(poetryproxy, { port: 0, upstreamPort })
  t.after(() => proxy.stop())
  const { host, port } = proxy.address()
  const poem = readFileSync(ecstasy)
  assert.deepEqual(await fetchAll(port, host), poem)
  assert.deepEqual(await fetchAll(port, host), poem)
  const fetched = proxy.log.filter((line) => line.includes('fetching a poem from'))
  assert.deepEqual(fetched, [`[ProxyFactory] fetching a poem from localhost:${upstreamPort}`])
})

test('poetryproxy hangs up without a poem when its upstream is not there', async (t) => {
  const proxy = await startService(poetryproxy, { port: 0, upstreamPort: await freePort() })
  t.after(() => proxy.stop())
  const { host, port } = proxy.address()
  await fetchAll(port, host).catch((error) => assert.equal(error.code, 'ECONNRESET'))
  assert.ok(await proxy.line(/^\[ProxyFactory\] cannot fetch the poem: /))
})
