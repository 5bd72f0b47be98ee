import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StartedService, startService } from '@runnerd/testkit'
import { log, type MultiService } from 'runnerd'
import { fetchAll } from '../helpers/fetch-all.ts'
import { hello, makerOf } from './makers.ts'

test('log has the lines from the start to the end of the stop, without the time', async () => {
  log.msg('before')
  const service = await startService(
    makerOf({
      startService: () => log.msg('starting', { system: 'Probe' }),
      stopService: () => log.msg('stopping\nslowly'),
    }),
  )
  await service.stop()
  log.msg('after')
  assert.deepEqual(service.log, ['[Probe] starting', '[-] stopping\n\tslowly'])
})

test('line finds a line that is there, and waits for one that is not', async (t) => {
  const service = await startService(hello, ['--name', 'you'])
  t.after(() => service.stop())
  const { port } = service.address()
  const starting = /starting on (\d+)/g
  assert.equal(await service.line(starting), `[-] greet starting on ${port}`)
  assert.equal(await service.line(starting), `[-] greet starting on ${port}`)
  const greeting = service.line(/^\[Hello\] greeting/)
  await fetchAll(port)
  assert.equal(await greeting, '[Hello] greeting you')
})

for (const [how, stop] of [
  ['stop', (service: StartedService) => service.stop()],
  [
    'the tree itself',
    (service: StartedService) => (service.service.parent as MultiService).stopService(),
  ],
] as const) {
  test(`line rejects with the log when ${how} stops the service first`, async (t) => {
    const service = await startService(makerOf({ startService: () => log.msg('here') }))
    t.after(() => service.stop())
    const line = service.line(/never/)
    const expected = { message: 'probe stopped without logging /never/; it logged:\n    [-] here' }
    await Promise.all([assert.rejects(line, expected), stop(service)])
    await assert.rejects(service.line(/never/), expected)
    assert.equal(await service.line(/here/), '[-] here')
  })
}

test('several services run in one process, and each has the log of both', async () => {
  const one = await startService(hello, ['--name', 'one'])
  const two = await startService(hello, ['--name', 'two'])
  await fetchAll(two.address().port)
  assert.ok(await one.line(/greeting two/))
  await two.stop()
  assert.equal(String(await fetchAll(one.address().port)), 'hello one\n')
  await one.stop()
})
