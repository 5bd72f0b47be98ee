import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  HTTPServer,
  listenEndpoints,
  listenHTTPService,
  listenOptions,
  listenService,
  StreamServerEndpointService,
} from '@runnerd/internet'
import { optionsData, parseOptions } from '@runnerd/options'
import { MultiService } from '@runnerd/service'
import { fetchFrom } from './client.ts'

type Values = Parameters<typeof listenService>[0]

const spec = optionsData({ ...listenOptions({ port: 7000, timeout: 60 }) })
const greet = (socket: { end(text: string): void }): void => socket.end('hello')

async function valuesOf(...args: string[]): Promise<Values> {
  return (await parseOptions({ spec, args })).values as never
}

describe('listenOptions', () => {
  it('has limits that are not given, and can be turned off', async () => {
    const { 'max-connections': most, timeout } = await valuesOf()
    assert.deepEqual([most, timeout], [10_000, 60])
    const none = await valuesOf('--max-connections', '0', '--timeout', '0')
    assert.deepEqual([none['max-connections'], none.timeout], [0, 0])
  })

  for (const [args, endpoints] of [
    [[], ['tcp:7000:interface=localhost']],
    [['--port', '8000'], ['tcp:8000:interface=localhost']],
    [['-p', '7000'], ['tcp:7000:interface=localhost']],
    [['--listen', 'tcp:80'], ['tcp:80']],
    [
      ['--listen', 'tcp:80', '--listen', 'unix:/x'],
      ['tcp:80', 'unix:/x'],
    ],
    [
      ['--listen', 'tcp:80', '--port', '7000'],
      ['tcp:80', 'tcp:7000:interface=localhost'],
    ],
  ] as const) {
    it(`asks for ${endpoints.join(' and ')} with ${args.join(' ') || 'nothing given'}`, async () => {
      assert.deepEqual(listenEndpoints(await valuesOf(...args)), endpoints)
    })
  }
})

describe('listenService', () => {
  it('is a server for one endpoint, and a collection for several, that all serve', async (t) => {
    const one = listenService(await valuesOf('--port', '0'), greet)
    assert.ok(one instanceof StreamServerEndpointService)
    assert.ok(listenHTTPService(await valuesOf(), () => {}) instanceof HTTPServer)
    const both = listenService(await valuesOf('--port', '0', '--listen', 'tcp:0'), greet)
    assert.ok(both instanceof MultiService)
    t.after(() => both.stopService())
    await both.startService()
    const servers = [...both] as StreamServerEndpointService[]
    const hosts = servers.map((server) => server.address()?.host)
    assert.deepEqual(hosts, ['0.0.0.0', '127.0.0.1'])
    for (const server of servers) {
      assert.equal(await fetchFrom(server.address()?.port ?? 0), 'hello')
      assert.equal(server.describe().listeners?.[0]?.connections?.most, 10_000)
    }
  })

  for (const [args, message] of [
    [
      ['--listen', 'tcp:x'],
      'cannot use --listen tcp:x: the port must be a number from 0 to 65535, not x',
    ],
    [['--port', '65536'], 'cannot use --port 65536: it must be a whole number from 0 to 65535'],
    [
      ['--max-connections', '1.5'],
      'cannot use --max-connections 1.5: it must be a whole number from 0',
    ],
    [['--timeout=-1'], 'cannot use --timeout -1: it must be from 0 to 2147483 seconds'],
  ] as const) {
    it(`says of ${args.join(' ')} what is wrong with it`, async () => {
      const values = await valuesOf(...args)
      assert.throws(() => listenService(values, greet), { code: 'ERR_USAGE', message })
    })
  }
})
