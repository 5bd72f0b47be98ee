import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LogEvent, openLogger } from '@runnerd/logging'
import { root } from '../helpers/paths.ts'

const require = createRequire(join(root, 'packages', 'logging', 'package.json'))
const winston = require('winston')
const Transport = createRequire(require.resolve('winston'))('winston-transport')

interface Info {
  readonly level: string
  readonly message: string
  readonly system: string
}

function event(text: string, level: LogEvent['level'] = 'info'): LogEvent {
  return { time: 0, level, system: 'Poem', text }
}

/** Keeps what it is given; calls back when it is told to. */
class Memory extends Transport {
  readonly infos: Info[] = []
  failing: 'throws' | 'emits' | undefined

  log(info: Info, done: () => void): void {
    if (this.failing === 'throws') throw new Error('thrown by the transport')
    if (this.failing === 'emits') this.emit('error', new Error('no room'))
    else this.infos.push(info)
    done()
  }
}

test('openLogger gives a transport each event, and ends it', async () => {
  const transport = new Memory()
  const log = await openLogger(transport)
  let finished = false
  transport.on('finish', () => {
    finished = true
  })
  log.write(event('one'))
  log.write(event('two', 'critical'))
  await log.close()
  assert.deepEqual(
    transport.infos.map(({ level, message, system }) => [level, message, system]),
    [
      ['info', 'one', 'Poem'],
      ['error', 'two', 'Poem'],
    ],
  )
  const line = (transport.infos[0] as never)[Symbol.for('message')]
  assert.match(line, /^\S+ \[Poem\] one$/)
  assert.equal(finished, true)
  log.write(event('three'))
  assert.equal(transport.infos.length, 2)
})

test('openLogger waits at the end for a transport that is slow, however much it has to do', async () => {
  const transport = new Memory()
  const take = transport.log.bind(transport)
  transport.log = (info: Info, done: () => void) => {
    setImmediate(() => take(info, done))
  }
  const log = await openLogger(transport)
  for (let i = 0; i < 200; i += 1) log.write(event(String(i)))
  await log.close()
  assert.deepEqual(
    transport.infos.map(({ message }) => Number(message)),
    Array.from({ length: 200 }, (_, i) => i),
  )
})

test('openLogger gives a logger each event at a level that it has', async () => {
  for (const [levels, expected] of [
    [winston.config.npm.levels, ['error', 'error', 'warn', 'info', 'debug']],
    [winston.config.syslog.levels, ['crit', 'error', 'warning', 'info', 'debug']],
    [{ fatal: 0, loud: 1, quiet: 2 }, ['fatal', 'quiet', 'quiet', 'quiet', 'quiet']],
  ]) {
    const transport = new Memory()
    const level = Object.keys(levels).at(-1)
    const log = await openLogger(winston.createLogger({ levels, level, transports: [transport] }))
    for (const each of ['critical', 'error', 'warn', 'info', 'debug'] as const) {
      log.write(event(each, each))
    }
    await log.close()
    assert.deepEqual(
      transport.infos.map((info) => info.level),
      expected,
    )
  }
})

test('openLogger makes one of a class, and calls what has no parameters', async () => {
  const made: Memory[] = []
  class Made extends Memory {
    constructor() {
      super()
      made.push(this)
    }
  }
  for (const given of [Made, () => new Made(), async () => new Made()]) {
    const log = await openLogger(given)
    log.write(event('one'))
    await log.close()
  }
  assert.deepEqual(
    made.map(({ infos }) => infos.length),
    [1, 1, 1],
  )
})

test('openLogger calls a function with each event, and waits for its promises', async () => {
  const texts: string[] = []
  const given = async ({ text }: LogEvent): Promise<void> => {
    await new Promise(setImmediate)
    texts.push(text)
  }
  for (const observer of [given, () => given]) {
    const log = await openLogger(observer)
    log.write(event('one'))
    log.write(event('two'))
    await log.close()
  }
  assert.deepEqual(texts, ['one', 'two', 'one', 'two'])
})

test('openLogger refuses what is none of these', async () => {
  for (const given of [undefined, null, 5, 'x', {}, [], { log() {} }, () => 5, () => undefined]) {
    await assert.rejects(openLogger(given), { code: 'ERR_NOT_A_LOGGER' })
  }
})

for (const failing of ['throws', 'emits'] as const) {
  test(`a transport that ${failing} errors hurts nobody`, async () => {
    const transport = new Memory()
    const log = await openLogger(transport)
    transport.failing = failing
    log.write(event('one'))
    await new Promise(setImmediate)
    transport.failing = undefined
    log.write(event('two'))
    await log.close()
    assert.deepEqual(
      transport.infos.map(({ message }) => message),
      [
        `the logger failed 1 time: ${failing === 'throws' ? 'thrown by the transport' : 'no room'}`,
        'two',
      ],
    )
  })
}

test('a function that throws is told how many lines it lost', async () => {
  const texts: string[] = []
  let failing = true
  const log = await openLogger(({ text }: LogEvent) => {
    if (failing) throw new Error('no room')
    texts.push(text)
  })
  log.write(event('one'))
  log.write(event('two'))
  failing = false
  log.write(event('three'))
  assert.deepEqual(texts, ['2 log lines were lost: no room', 'three'])
})

test('a function whose promise is rejected is told so too', async () => {
  const texts: string[] = []
  let failing = true
  const log = await openLogger(async ({ text }: LogEvent) => {
    if (failing) throw new Error('no room')
    texts.push(text)
  })
  log.write(event('one'))
  await new Promise(setImmediate)
  failing = false
  log.write(event('two'))
  await log.close()
  assert.deepEqual(texts, ['1 log line was lost: no room', 'two'])
})

test('what waits for a transport that hangs is limited, and the rest counted', async () => {
  const transport = new Memory()
  const take = transport.log.bind(transport)
  let go: () => void = () => {}
  transport.log = (info: Info, done: () => void) => {
    go = () => take(info, done)
  }
  const log = await openLogger(transport)
  for (let i = 0; i < 70_000; i += 1) log.write(event(String(i)))
  transport.log = take
  go()
  await new Promise(setImmediate)
  log.write(event('last'))
  await log.close()
  const messages = transport.infos.map(({ message }) => message)
  const lost = Number(
    /^(\d+) log lines? w(?:as|ere) lost: the logger is too slow$/.exec(messages.at(-2)!)?.[1],
  )
  assert.equal(messages.at(-1), 'last')
  assert.equal(messages.length - 2 + lost, 70_000)
  assert.ok(messages.length < 66_000)
})

test('openLogger keeps only so many events for a function that doesn’t finish with them', async () => {
  let taken = 0
  const log = await openLogger((_event: LogEvent) => {
    taken += 1
    return new Promise(() => {})
  })
  for (let n = 0; n < 70_000; n += 1) log.write(event('one more'))
  assert.equal(taken, 65_536)
})
