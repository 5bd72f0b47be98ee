import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addObserver, formatJson, type LogEvent, log } from '@runnerd/logging'

const event: LogEvent = { time: 1_795_609_975_123, level: 'info', system: 'poem', text: 'sending' }

/** What `formatJson` makes of what is logged by `act`. */
function logged(act: () => void): Record<string, unknown>[] {
  const lines: string[] = []
  const end = addObserver((each) => lines.push(formatJson(each)))
  act()
  end()
  return lines.map((line) => JSON.parse(line))
}

test('formatJson writes one object a line: time, level, system, pid and message', () => {
  const line = formatJson(event)
  assert.equal(
    line,
    `{"time":"2026-11-25T12:32:55.123Z","level":"info","system":"poem","pid":${process.pid},"message":"sending"}\n`,
  )
})

test('formatJson keeps any text in one line and unharmed', () => {
  for (const text of ['a\nb\r\n\tc', '\x1b[2J\x00\x9b', '"\\', 'é 詩 \u2028', '']) {
    const line = formatJson({ ...event, text })
    assert.equal(line.indexOf('\n'), line.length - 1)
    assert.equal(JSON.parse(line).message, text)
  }
  assert.doesNotMatch(formatJson({ ...event, text: '\ud800' }), /\ud800/)
})

test('formatJson has the reason as the message, and the error beside it', () => {
  const error = Object.assign(new TypeError('no such poem'), { code: 'ENOPOEM' })
  const [line = {}] = logged(() => log.err(error, 'Cannot read the poem'))
  assert.equal(line.message, 'Cannot read the poem')
  assert.equal(line.level, 'error')
  const { stack, ...rest } = line.error as Record<string, string>
  assert.deepEqual(rest, { type: 'TypeError', message: 'no such poem', code: 'ENOPOEM' })
  assert.match(stack!, /^TypeError: no such poem\n {4}at .*format-json/)
})

test('formatJson takes an error that is logged without a reason, and what is none', () => {
  const [bare = {}, alone = {}, text = {}, strange = {}] = logged(() => {
    log.err(new Error('bare'))
    log.warn(new Error('alone'))
    log.err('only a text', 'Why')
    log.err(
      Object.defineProperty(new Error('x'), 'code', {
        get() {
          throw new Error('never')
        },
      }),
      'Strange',
    )
  })
  assert.equal(bare.message, 'Unhandled Error')
  assert.equal(alone.message, 'alone')
  assert.equal((alone.error as Record<string, string>).type, 'Error')
  assert.deepEqual(text.error, { type: 'string', message: 'only a text', stack: 'only a text' })
  assert.equal(strange.message, 'Strange')
})
