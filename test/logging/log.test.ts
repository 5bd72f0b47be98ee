import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addObserver, type LogEvent, log } from '@runnerd/logging'

function eventsOf(fn: () => void): LogEvent[] {
  const events: LogEvent[] = []
  const remove = addObserver((event) => events.push(event))
  try {
    fn()
  } finally {
    remove()
  }
  return events
}

const linesOf = (fn: () => void): string[] =>
  eventsOf(fn).map(({ level, system, text }) => `${level} [${system}] ${text}`)

// Whatever the test runner itself has logged before.
addObserver(() => {})()

test('log.msg logs at level info with no system, unless it is told otherwise', () => {
  const lines = linesOf(() => {
    log.msg('one')
    log.msg('two', { system: 'poem', level: 'warn' })
    log.msg('three', { system: '' })
  })
  assert.deepEqual(lines, ['info [-] one', 'warn [poem] two', 'info [-] three'])
})

test('log.msg notes the time in milliseconds', () => {
  const before = Date.now()
  const [event] = eventsOf(() => log.msg('now'))
  assert.ok(event!.time >= before && event!.time <= Date.now())
})

test('log has a function for each of the levels of Twisted', () => {
  const lines = linesOf(() => {
    const { debug, info, warn, error, critical } = log
    debug('a')
    info('b')
    warn('c')
    error('d', { system: 'x' })
    critical('e')
  })
  const expected = ['debug [-] a', 'info [-] b', 'warn [-] c', 'error [x] d', 'critical [-] e']
  assert.deepEqual(lines, expected)
})

test('log.err logs why and the error with its stack and its cause', () => {
  const error = new Error('no such poem', { cause: new Error('disk on fire') })
  const [given] = eventsOf(() => log.err(error, 'Cannot read the poem'))
  assert.equal(given!.level, 'error')
  assert.match(given!.text, /^Cannot read the poem\nError: no such poem\n {4}at .*log\.test/)
  assert.match(given!.text, /disk on fire/)
  const [bare] = eventsOf(() => log.err('a string'))
  assert.equal(bare!.text, 'Unhandled Error\na string')
})

test('log.msg turns any value into text and never throws', () => {
  const hostile = new Proxy({}, { get: () => assert.fail(), ownKeys: () => assert.fail() })
  const throwing = { [Symbol.for('nodejs.util.inspect.custom')]: () => assert.fail() }
  const events = eventsOf(() => {
    log.msg(undefined)
    log.msg({ a: [1] })
    log.msg(7n)
    log.msg(hostile)
    log.msg(throwing)
  })
  assert.deepEqual(
    events.map((event) => event.text),
    ['undefined', '{ a: [ 1 ] }', '7n', '{}', '[an unprintable object]'],
  )
})

test('log.withSystem marks what is logged inside it, nests and returns the result', () => {
  const lines = linesOf(() => {
    const result = log.withSystem('outer', () => {
      log.msg('a')
      log.withSystem('inner', () => log.msg('b'))
      log.msg('c', { system: 'own' })
      log.err('d')
      return 42
    })
    assert.equal(result, 42)
    log.msg('e')
  })
  assert.deepEqual(lines, [
    'info [outer] a',
    'info [inner] b',
    'info [own] c',
    'error [outer] Unhandled Error\nd',
    'info [-] e',
  ])
})

test('log.withSystem ends with an exception, and passes it on', () => {
  const lines = linesOf(() => {
    const fail = (): void => {
      throw new RangeError('as asked')
    }
    assert.throws(() => log.withSystem('outer', fail), RangeError)
    log.msg('after')
  })
  assert.deepEqual(lines, ['info [-] after'])
})
