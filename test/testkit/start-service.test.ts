import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startService } from '@runnerd/testkit'
import { isApplication, MultiService, Service, TCPServer } from 'runnerd'
import { fetchAll } from '../helpers/fetch-all.ts'
import { hello, makerOf } from './makers.ts'

test('startService serves when its promise resolves, and not after stop', async () => {
  const service = await startService(hello, ['--name', 'you'])
  const { host, port } = service.address()
  assert.equal(host, '127.0.0.1')
  assert.equal(String(await fetchAll(port, host)), 'hello you\n')
  await service.stop()
  const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) =>
    connect(port, host).on('error', (error) => resolve([error])),
  )
  assert.equal(error.code, 'ECONNREFUSED')
})

test('startService awaits makeService, and puts its service into an application', async (t) => {
  const made = new Service()
  const service = await startService(makerOf({}, { makeService: async () => made }))
  t.after(() => service.stop())
  assert.equal(service.service, made)
  assert.ok(isApplication(made.parent))
  assert.equal(made.parent.name, 'probe')
  assert.equal(made.running, true)
})

test('startService calls both halves of the start, then what waits for all of it', async (t) => {
  const calls: string[] = []
  const first = new (class extends Service {
    override privilegedStartService(): void {
      calls.push('privileged')
    }
    override async startService(): Promise<void> {
      calls.push('start')
      await this.afterStart(() => void calls.push('after'))
    }
  })()
  const second = Object.assign(new Service(), { startService: () => void calls.push('second') })
  const top = new MultiService()
  first.setServiceParent(top)
  second.setServiceParent(top)
  const service = await startService(makerOf({}, { makeService: () => top }))
  t.after(() => service.stop())
  assert.deepEqual(calls, ['privileged', 'start', 'second', 'after'])
})

test('startService stops what it started when a start fails, and rejects with its error', async () => {
  const failure = new Error('no poem')
  const server = new TCPServer(0, () => {}, { interface: 'localhost' })
  let port = 0
  const failing = Object.assign(new Service(), {
    startService() {
      port = server.address()?.port ?? 0
      throw failure
    },
  })
  const top = new MultiService()
  server.setServiceParent(top)
  failing.setServiceParent(top)
  const start = startService(makerOf({}, { makeService: () => top }))
  await assert.rejects(start, (error) => error === failure)
  assert.notEqual(port, 0)
  assert.equal(server.running, false)
  assert.equal(server.address(), undefined)
})

test('startService rejects when makeService throws or makes no service', async () => {
  const failure = new Error('no poem')
  const throwing = makerOf(
    {},
    {
      makeService() {
        throw failure
      },
    },
  )
  await assert.rejects(startService(throwing), (error) => error === failure)
  await assert.rejects(startService(makerOf({}, { makeService: () => undefined as never })), {
    code: 'ERR_NO_SERVICE',
    message: 'cannot load probe: makeService returned nothing',
  })
})

test('address throws when nothing listens', async (t) => {
  const service = await startService(makerOf({}))
  t.after(() => service.stop())
  assert.throws(() => service.address(), { message: 'no TCPServer of probe listens' })
})

test('stop stops once, called however often, and takes the service out', async () => {
  let stops = 0
  const service = await startService(
    makerOf({
      stopService() {
        stops += 1
      },
    }),
  )
  const stopped = service.stop()
  assert.equal(service.stop(), stopped)
  assert.equal(service[Symbol.asyncDispose](), stopped)
  await stopped
  assert.equal(stops, 1)
  assert.equal(service.service.parent, undefined)
})

test('stop rejects with what stopping throws', async () => {
  const failure = new Error('no end')
  const service = await startService(makerOf({ stopService: () => Promise.reject(failure) }))
  await assert.rejects(service.stop(), (error) => error === failure)
  assert.equal(service.service.parent, undefined)
})

test('startService leaves no process-wide trace', async () => {
  const before = process.eventNames().map((name) => [name, process.listenerCount(name)])
  const service = await startService(hello, { name: 'you' })
  await service.stop()
  const after = process.eventNames().map((name) => [name, process.listenerCount(name)])
  assert.deepEqual(after, before)
})
