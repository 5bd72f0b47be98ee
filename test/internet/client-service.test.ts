import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ClientFactory,
  ClientService,
  type ClientServiceOptions,
  Protocol,
} from '@runnerd/internet'
import { Clock } from '@runnerd/testkit'
import { FakeEndpoint, type FakeSocket } from './fake-endpoint.ts'
import { logLines } from './log-lines.ts'

class Poet extends Protocol<PoetFactory> {
  override connectionLost(): void {
    this.factory.events.push('lost')
  }
}

class PoetFactory extends ClientFactory {
  override protocol: typeof Poet = Poet
  readonly events: string[] = []

  override startFactory(): void {
    this.events.push('start')
  }

  override stopFactory(): void {
    this.events.push('stop')
  }
}

/** A client whose endpoint and time are the test's; it waits 1, 2, 3 … seconds. */
class Bench {
  readonly clock = new Clock()
  readonly endpoint = new FakeEndpoint()
  readonly factory = new PoetFactory()
  readonly failures: number[] = []
  readonly client: ClientService<PoetFactory>

  constructor(options: ClientServiceOptions<Poet> = {}) {
    this.client = new ClientService(this.endpoint, this.factory, {
      clock: this.clock,
      retryPolicy: (failures) => {
        this.failures.push(failures)
        return failures
      },
      ...options,
    })
  }

  get state(): unknown {
    return this.client.describe().details?.state
  }

  /** Everything happens that waits for nothing but itself. */
  async settle(): Promise<void> {
    await this.clock.advance(0)
  }

  async connected(): Promise<FakeSocket> {
    this.client.startService()
    return await this.succeed()
  }

  async succeed(): Promise<FakeSocket> {
    await this.settle()
    const socket = this.endpoint.latest.succeed()
    await this.settle()
    return socket
  }

  async fail(message = 'no luck'): Promise<void> {
    await this.settle()
    this.endpoint.latest.fail(message)
    await this.settle()
  }
}

/** Tells whether a promise has settled, and how. */
function watch<T>(promise: Promise<T>): { value?: T | string } {
  const seen: { value?: T | string } = {}
  promise.then(
    (value) => {
      seen.value = value
    },
    (error) => {
      seen.value = String(error.code === 'ERR_CANCELLED' ? error.code : error.message)
    },
  )
  return seen
}

const CANCELLED = { value: 'ERR_CANCELLED' }

describe('ClientService, in the states of Twisted,', () => {
  it('init: a start connects; whenConnected waits for that', async () => {
    const bench = new Bench()
    const seen = watch(bench.client.whenConnected())
    await bench.settle()
    assert.deepEqual([bench.state, seen, bench.endpoint.attempts.length], ['init', {}, 0])
    bench.client.startService()
    assert.equal(bench.state, 'connecting')
    await bench.succeed()
    assert.equal(bench.state, 'connected')
    assert.ok(seen.value instanceof Poet)
  })

  it('init: a stop is done at once, and ends the waiting', async () => {
    const bench = new Bench()
    const seen = watch(bench.client.whenConnected())
    await bench.client.stopService()
    await bench.settle()
    assert.deepEqual([bench.state, seen], ['stopped', CANCELLED])
  })

  it('connecting: a failure has it wait, and connect again', async () => {
    const bench = new Bench()
    bench.client.startService()
    await bench.fail()
    assert.equal(bench.state, 'waiting')
    await bench.clock.advance(0.9)
    assert.equal(bench.endpoint.attempts.length, 1)
    await bench.clock.advance(0.1)
    assert.deepEqual([bench.state, bench.endpoint.attempts.length], ['connecting', 2])
    await bench.fail()
    await bench.clock.advance(1.9)
    assert.equal(bench.state, 'waiting')
    await bench.clock.advance(0.1)
    await bench.succeed()
    assert.equal(bench.state, 'connected')
    assert.deepEqual(bench.failures, [1, 2])
  })

  it('connecting: a stop gives the attempt up, and nothing comes after', async () => {
    const bench = new Bench()
    const seen = watch(bench.client.whenConnected())
    bench.client.startService()
    await bench.settle()
    const stopped = bench.client.stopService()
    assert.equal(bench.state, 'disconnecting')
    assert.equal(bench.endpoint.latest.signal.aborted, true)
    await stopped
    await bench.settle()
    assert.deepEqual([bench.state, seen], ['stopped', CANCELLED])
    assert.deepEqual(bench.clock.getDelayedCalls(), [])
    assert.deepEqual(bench.factory.events, ['start', 'stop'])
  })

  it('connecting: a stop waits for no endpoint that does not heed it, and closes what it brings', async () => {
    const bench = new Bench()
    bench.endpoint.heeds = false
    bench.client.startService()
    await bench.settle()
    await bench.client.stopService()
    assert.equal(bench.state, 'stopped')
    const late = await bench.succeed()
    assert.deepEqual([bench.state, late.destroyed], ['stopped', true])
  })

  it('connecting: a start after a stop connects anew when the attempt has ended', async () => {
    const bench = new Bench()
    const seen = watch(bench.client.whenConnected())
    bench.client.startService()
    await bench.settle()
    const stopped = watch(bench.client.stopService().then(() => 'stopped'))
    bench.client.startService()
    assert.deepEqual([bench.state, stopped], ['restarting', {}])
    await bench.settle()
    assert.deepEqual([bench.state, stopped], ['connecting', { value: 'stopped' }])
    assert.equal(bench.endpoint.attempts.length, 2)
    await bench.succeed()
    assert.ok(seen.value instanceof Poet)
    assert.deepEqual(bench.factory.events, ['start'])
  })

  it('connecting: a stop and a start make the failures count anew', async () => {
    const bench = new Bench()
    bench.client.startService()
    await bench.fail()
    await bench.clock.advance(1)
    await bench.fail()
    await bench.clock.advance(2)
    const stopped = bench.client.stopService()
    bench.client.startService()
    await stopped
    await bench.fail()
    assert.deepEqual(bench.failures, [1, 2, 1])
  })

  it('connecting: a stop from connectionMade sends what was written, and waits for the end', async () => {
    const bench = new Bench()
    let stopped: { value?: string } | undefined
    class Hasty extends Poet {
      override connectionMade(): void {
        this.transport.write('hello')
        stopped = watch(
          bench.client.stopService().then(() => `closed ${this.transport.socket.closed}`),
        )
      }
    }
    bench.factory.protocol = Hasty
    const seen = watch(bench.client.whenConnected())
    const socket = await bench.connected()
    await bench.settle()
    assert.deepEqual([bench.state, stopped, seen], ['stopped', { value: 'closed true' }, CANCELLED])
    assert.deepEqual(socket.written, ['hello'])
  })

  it('waiting: a stop is done at once, and cancels the retry', async () => {
    const bench = new Bench()
    bench.client.startService()
    await bench.fail()
    const seen = watch(bench.client.whenConnected())
    await bench.client.stopService()
    await bench.settle()
    assert.deepEqual([bench.state, seen], ['stopped', CANCELLED])
    assert.deepEqual(bench.clock.getDelayedCalls(), [])
  })

  it('connected: whenConnected tells the connection at once, each time', async () => {
    const bench = new Bench()
    const first = bench.client.whenConnected()
    await bench.connected()
    assert.equal(await bench.client.whenConnected(), await first)
    assert.equal(await bench.client.whenConnected(1), await first)
  })

  it('connected: a lost connection is made anew, first after the delay for one failure', async () => {
    const bench = new Bench()
    bench.client.startService()
    await bench.fail()
    await bench.clock.advance(1)
    const socket = await bench.succeed()
    const first = await bench.client.whenConnected()
    socket.destroy()
    await bench.settle()
    assert.equal(bench.state, 'waiting')
    assert.deepEqual(bench.factory.events, ['start', 'lost'])
    const seen = watch(bench.client.whenConnected())
    await bench.clock.advance(1)
    await bench.succeed()
    assert.deepEqual(bench.failures, [1, 1])
    assert.ok(seen.value instanceof Poet)
    assert.notEqual(seen.value, first)
  })

  it('connected: a stop tells the connection, sends what was written and waits for its end', async () => {
    const bench = new Bench()
    const socket = await bench.connected()
    const { transport } = await bench.client.whenConnected()
    transport.draining.addEventListener('abort', () => transport.write('farewell'))
    transport.write('a poem')
    const stopped = watch(bench.client.stopService().then(() => 'stopped'))
    assert.equal(bench.state, 'disconnecting')
    const seen = watch(bench.client.whenConnected())
    await bench.settle()
    assert.deepEqual([bench.state, stopped, seen], ['stopped', { value: 'stopped' }, CANCELLED])
    assert.deepEqual([socket.written, socket.closed], [['a poem', 'farewell'], true])
    assert.deepEqual(bench.factory.events, ['start', 'lost', 'stop'])
  })

  it('disconnecting: a second stop waits for the same end', async () => {
    const bench = new Bench({ closeTimeout: 3600 })
    const socket = await bench.connected()
    socket.isReading = false
    socket.write('x')
    const stops = [1, 2].map((n) => watch(bench.client.stopService().then(() => `stopped ${n}`)))
    await bench.settle()
    assert.deepEqual([bench.state, stops], ['disconnecting', [{}, {}]])
    socket.destroy()
    await bench.settle()
    assert.deepEqual(
      [bench.state, stops],
      ['stopped', [{ value: 'stopped 1' }, { value: 'stopped 2' }]],
    )
  })

  it('restarting: the end of the connection ends the stop, and connects without a pause', async () => {
    const bench = new Bench({ closeTimeout: 3600 })
    const socket = await bench.connected()
    socket.isReading = false
    socket.write('x')
    const stopped = watch(bench.client.stopService().then(() => 'stopped'))
    bench.client.startService()
    const seen = watch(bench.client.whenConnected())
    await bench.settle()
    assert.deepEqual([bench.state, stopped, seen], ['restarting', {}, {}])
    socket.destroy()
    await bench.settle()
    assert.deepEqual([bench.state, stopped], ['connecting', { value: 'stopped' }])
    const second = await bench.succeed()
    assert.ok(seen.value instanceof Poet)
    second.destroy()
    await bench.settle()
    assert.deepEqual(bench.factory.events, ['start', 'lost', 'lost'])
  })

  it('restarting: a stop leaves it disconnecting, and both stops end with the connection', async () => {
    const bench = new Bench({ closeTimeout: 3600 })
    const socket = await bench.connected()
    socket.isReading = false
    socket.write('x')
    const first = watch(bench.client.stopService().then(() => 'first'))
    bench.client.startService()
    const second = watch(bench.client.stopService().then(() => 'second'))
    const seen = watch(bench.client.whenConnected())
    assert.equal(bench.state, 'disconnecting')
    socket.destroy()
    await bench.settle()
    assert.deepEqual(
      [bench.state, first, second, seen],
      ['stopped', { value: 'first' }, { value: 'second' }, CANCELLED],
    )
    assert.equal(bench.endpoint.attempts.length, 1)
    assert.deepEqual(bench.factory.events, ['start', 'lost', 'stop'])
  })

  it('stopped: whenConnected rejects, a stop does nothing and a start begins anew', async () => {
    const bench = new Bench()
    bench.client.startService()
    await bench.fail()
    await bench.client.stopService()
    await assert.rejects(bench.client.whenConnected(), { code: 'ERR_CANCELLED' })
    await bench.client.stopService()
    await bench.connected()
    assert.equal(bench.state, 'connected')
    assert.deepEqual(bench.factory.events, ['start', 'stop', 'start'])
  })
})

describe('ClientService', () => {
  it('ClientService.whenConnected rejects after as many failures as were asked for', async () => {
    const bench = new Bench()
    const seen = [1, 2, 3, undefined].map((n) => watch(bench.client.whenConnected(n)))
    bench.client.startService()
    const failure = (n: number): { value: string } => ({
      value: `cannot connect to fake:: failure ${n}`,
    })
    await bench.fail('failure 1')
    assert.deepEqual(seen, [failure(1), {}, {}, {}])
    // One that asks later counts from then on.
    seen.push(watch(bench.client.whenConnected(1)))
    await bench.clock.advance(1)
    await bench.fail('failure 2')
    assert.deepEqual(seen, [failure(1), failure(2), {}, {}, failure(2)])
    await bench.clock.advance(2)
    await bench.succeed()
    assert.ok(seen[2]?.value instanceof Poet)
    assert.ok(seen[3]?.value instanceof Poet)
  })

  it('ClientService gives nobody a connection that is not prepared', async () => {
    let finish!: () => void
    const prepared: Poet[] = []
    const bench = new Bench({
      prepareConnection(poet) {
        prepared.push(poet)
        return new Promise<void>((resolve) => {
          finish = resolve
        })
      },
    })
    const seen = watch(bench.client.whenConnected())
    await bench.connected()
    assert.deepEqual([bench.state, seen, prepared.length], ['connecting', {}, 1])
    finish()
    await bench.settle()
    assert.deepEqual([bench.state, seen.value], ['connected', prepared[0]])
  })

  for (const kind of ['throws', 'rejects']) {
    it(`ClientService counts a connection whose preparation ${kind} as failed, and closes it`, async () => {
      const { lines, end } = logLines()
      const bench = new Bench({
        prepareConnection() {
          if (kind === 'throws') throw new Error('wrong password')
          return Promise.reject(new Error('wrong password'))
        },
      })
      const seen = watch(bench.client.whenConnected(1))
      const socket = await bench.connected()
      end()
      assert.deepEqual([bench.state, seen], ['waiting', { value: 'wrong password' }])
      assert.equal(socket.closed, true)
      assert.ok(lines.includes('[ClientService] cannot connect to fake:: wrong password'))
      await bench.clock.advance(1)
      await bench.succeed()
      assert.deepEqual(bench.failures, [1, 2])
    })
  }

  it('ClientService counts a connection that is lost in its preparation as failed', async () => {
    const bench = new Bench({ prepareConnection: () => new Promise(() => {}) })
    const seen = watch(bench.client.whenConnected(1))
    const socket = await bench.connected()
    socket.destroy(new Error('reset'))
    await bench.settle()
    assert.deepEqual([bench.state, seen], ['waiting', { value: 'reset' }])
  })

  it('ClientService.stopService closes a connection that is being prepared', async () => {
    let finish!: () => void
    const prepareConnection = (): Promise<void> =>
      new Promise((resolve) => {
        finish = resolve
      })
    const bench = new Bench({ prepareConnection })
    const seen = watch(bench.client.whenConnected())
    const socket = await bench.connected()
    const stopped = bench.client.stopService()
    finish()
    await stopped
    assert.deepEqual([bench.state, socket.closed], ['stopped', true])
    await bench.settle()
    assert.deepEqual(seen, CANCELLED)
  })

  it('ClientService.stopService cuts a connection whose peer does not read, in its time', async () => {
    const bench = new Bench({ closeTimeout: 0.01 })
    const socket = await bench.connected()
    socket.isReading = false
    socket.write('x')
    await bench.client.stopService()
    assert.deepEqual([bench.state, socket.closed], ['stopped', true])
  })

  it('ClientService warns of a second start, and does nothing', async () => {
    const { lines, end } = logLines()
    const bench = new Bench()
    await bench.connected()
    bench.client.startService()
    await bench.settle()
    end()
    assert.deepEqual([bench.state, bench.endpoint.attempts.length], ['connected', 1])
    assert.ok(lines.includes('[ClientService] Duplicate ClientService.startService'))
  })

  it('ClientService logs each retry in the words of Twisted, and why', async () => {
    const { lines, end } = logLines()
    const bench = new Bench()
    bench.client.startService()
    await bench.fail('no luck')
    await bench.clock.advance(1)
    const socket = await bench.succeed()
    socket.destroy(new Error('reset'))
    await bench.settle()
    await bench.clock.advance(1)
    const second = await bench.succeed()
    second.destroy()
    await bench.settle()
    await bench.client.stopService()
    end()
    assert.deepEqual(lines, [
      '[-] Starting factory <PoetFactory>',
      '[ClientService] cannot connect to fake:: no luck',
      '[ClientService] Scheduling retry 1 to connect fake: in 1 second.',
      '[ClientService] Connected to fake:.',
      '[ClientService] Lost the connection to fake:: reset.',
      '[ClientService] Scheduling retry 1 to connect fake: in 1 second.',
      '[ClientService] Connected to fake:.',
      '[ClientService] Lost the connection to fake:.',
      '[ClientService] Scheduling retry 1 to connect fake: in 1 second.',
      '[-] Stopping factory <PoetFactory>',
    ])
  })

  for (const [what, retryPolicy] of [
    ['throws', () => assert.fail('no policy')],
    ['returns no number', () => Number.NaN],
    ['returns a negative number', () => -1],
    ['returns infinity', () => Number.POSITIVE_INFINITY],
  ] as const) {
    it(`ClientService whose retry policy ${what} waits by the default one`, async () => {
      const { lines, end } = logLines()
      const bench = new Bench({ retryPolicy })
      bench.client.startService()
      await bench.fail()
      end()
      const [call] = bench.clock.getDelayedCalls()
      assert.ok(call && call.getTime() >= 1.5 && call.getTime() < 2.5)
      assert.ok(lines.some((line) => line.includes('The default policy is used')))
      await bench.client.stopService()
    })
  }

  it('ClientService makes no more attempts once its retry policy has stopped it', async () => {
    const bench = new Bench({
      retryPolicy: () => {
        bench.client.stopService()
        return 1
      },
    })
    bench.client.startService()
    const waiting = assert.rejects(bench.client.whenConnected(), { code: 'ERR_CANCELLED' })
    await bench.fail()
    await waiting
    assert.deepEqual(bench.clock.getDelayedCalls(), [])
    assert.equal(bench.state, 'stopped')
  })

  for (const what of ['connectionMade', 'buildProtocol', 'startFactory'] as const) {
    it(`ClientService whose factory fails in ${what} tells it`, async () => {
      const bench = new Bench()
      if (what === 'connectionMade') {
        class Bad extends Poet {
          override connectionMade(): void {
            throw new Error('bad poet')
          }
        }
        bench.factory.protocol = Bad
      } else bench.factory[what] = () => assert.fail('bad poet')
      if (what === 'startFactory') {
        assert.throws(() => bench.client.startService(), /bad poet/)
        assert.equal(bench.client.running, false)
        return
      }
      const seen = watch(bench.client.whenConnected(1))
      const socket = await bench.connected()
      assert.deepEqual(seen, { value: 'bad poet' })
      assert.deepEqual([bench.state, socket.closed], ['waiting', true])
    })
  }

  it('ClientService takes a refusal of buildProtocol for a failure', async () => {
    const bench = new Bench()
    bench.factory.buildProtocol = () => undefined
    const seen = watch(bench.client.whenConnected(1))
    const socket = await bench.connected()
    assert.deepEqual(seen, { value: 'PoetFactory built no protocol for the connection' })
    assert.deepEqual([bench.state, socket.closed], ['waiting', true])
  })

  it('ClientService serves with a function too, and tells its socket', async () => {
    const clock = new Clock()
    const endpoint = new FakeEndpoint()
    const drains: boolean[] = []
    const client = new ClientService(
      endpoint,
      (socket, { draining }) => {
        socket.write('hello')
        draining.addEventListener('abort', () => drains.push(true))
      },
      { clock },
    )
    client.startService()
    await clock.advance(0)
    const socket = endpoint.latest.succeed()
    assert.equal(await client.whenConnected(), socket as unknown)
    await client.stopService()
    assert.deepEqual([socket.written, drains], [['hello'], [true]])
  })

  it('ClientService refuses what is no endpoint, nothing to serve with, and no options', () => {
    const endpoint = new FakeEndpoint()
    const factory = new PoetFactory()
    assert.throws(() => new ClientService({} as FakeEndpoint, factory), TypeError)
    assert.throws(() => new ClientService(undefined as never, factory), TypeError)
    assert.throws(() => new ClientService(endpoint, PoetFactory as never), TypeError)
    assert.throws(() => new ClientService(endpoint, {} as never), TypeError)
    const no = 1 as never
    assert.throws(() => new ClientService(endpoint, factory, { retryPolicy: no }), TypeError)
    assert.throws(() => new ClientService(endpoint, factory, { prepareConnection: no }), TypeError)
    assert.throws(() => new ClientService(endpoint, factory, { closeTimeout: -1 }), RangeError)
  })
})
