import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fastpoetry } from '@runnerd/fastpoetry'
import { type StartedService, startService } from '@runnerd/testkit'
import fc from 'fast-check'
import { fetchAll } from '../../helpers/fetch-all.ts'
import { ecstasy } from '../../helpers/paths.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { crowd, poemOf } from '../crowd.ts'

const poem = readFileSync(ecstasy)

async function serving(
  t: TestContext,
  options: Readonly<Record<string, unknown>> = {},
): Promise<StartedService & { readonly port: number }> {
  const service = await startService(fastpoetry, { port: 0, poem: ecstasy, ...options })
  t.after(() => service.stop())
  return Object.assign(service, { port: service.address().port })
}

describe('fastpoetry', () => {
  it('fastpoetry listens on each --listen, with its port of --iface or without', async (t) => {
    const path = join(tempDir(t), 'poetry.sock')
    const listen = ['tcp:0:interface=127.0.0.1', `unix:${path}`]
    const alone = await serving(t, { listen, port: undefined, iface: '127.0.0.2' })
    assert.deepEqual(await fetchAll(alone.port), poem)
    assert.deepEqual(await poemOf(connect(path)), poem)
    assert.equal(alone.log.filter((line) => line.includes(' starting on ')).length, 2)
    const both = await serving(t, { listen: [`unix:${path}.2`], iface: '127.0.0.2' })
    assert.equal(both.log.filter((line) => line.includes(' starting on ')).length, 2)
  })

  it('fastpoetry listens where --iface says', async (t) => {
    const service = await serving(t, { iface: '127.0.0.2' })
    assert.equal(service.address().host, '127.0.0.2')
  })

  for (const name of ['port', 'port2']) {
    it(`fastpoetry refuses a --${name} that is none`, async () => {
      const options = { poem: ecstasy, port: 0, port2: 0, poem2: ecstasy, [name]: 65536 }
      const message = `cannot use --${name} 65536: it must be a whole number from 0 to 65535`
      await assert.rejects(startService(fastpoetry, options), { code: 'ERR_USAGE', message })
    })
  }

  it('fastpoetry serves 1,000 clients that are there at once', async (t) => {
    const { port } = await serving(t)
    const clients = await crowd(t, port, 1000)
    const poems = await Promise.all(clients.map(poemOf))
    for (const each of poems) assert.ok(each.equals(poem))
  })

  it('fastpoetry sends the whole poem to clients that talk, whatever they say', async (t) => {
    const file = join(tempDir(t), 'long.txt')
    const long = Buffer.alloc(3_000_000, poem)
    writeFileSync(file, long)
    const { port } = await serving(t, { poem: file })
    const fetch = async (garbage: Uint8Array, times: number): Promise<void> => {
      const client = connect(port, '127.0.0.1')
      for (let n = 0; n < times; n += 1) client.write(garbage)
      assert.ok((await poemOf(client)).equals(long))
    }
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 10_000 })
    await fc.assert(
      fc.asyncProperty(garbage, fc.integer({ min: 1, max: 100 }), async (bytes, times) => {
        await fetch(bytes, times)
      }),
      { numRuns: 25 },
    )
  })

  it('fastpoetry closes a connection whose client takes nothing for the --timeout', async (t) => {
    const service = await serving(t, { poem: longPoem(t), timeout: 0.3 })
    const [lazy] = await crowd(t, service.port, 1)
    lazy?.on('error', () => {}).pause()
    await service.line(/^\[-\] Closed a connection after 0\.3 seconds without a byte$/)
  })

  it('fastpoetry closes more clients than --max-connections at once', async (t) => {
    const service = await serving(t, { poem: longPoem(t), maxConnections: 2 })
    for (const client of await crowd(t, service.port, 2)) await once(client, 'readable')
    const refused = connect(service.port, '127.0.0.1')
    assert.equal((await poemOf(refused)).length, 0)
    await service.line(/^\[-\] Closed a new connection: there are 2 already$/)
  })
})

/** One that no socket takes at once. */
function longPoem(t: TestContext): string {
  const file = join(tempDir(t), 'long.txt')
  writeFileSync(file, Buffer.alloc(30_000_000, poem))
  return file
}
