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
})

test('formatJson writes U+FFFD for half a surrogate pair, wherever it is', () => {
  const error = Object.assign(new Error('half \udc00'), { code: '\ud801' })
  const line = formatJson({ ...event, system: '\ud802', text: 'lone \ud800 x', error })
  // That of a text is written with two backslashes.
  assert.doesNotMatch(line, /(?<!\\)\\ud[89a-f]/)
  const { message, system, error: fields } = JSON.parse(line)
  assert.deepEqual([message, system], ['lone \ufffd x', '\ufffd'])
  assert.deepEqual([fields.message, fields.code], ['half \ufffd', '\ufffd'])
  assert.match(fields.stack, /half \ufffd/)
  for (const text of ['a whole one: 🪶', 'not one: \\ud800', '\\\\ud800']) {
    assert.equal(JSON.parse(formatJson({ ...event, text })).message, text)
  }
})

test('formatJson escapes DEL and C1, which a terminal obeys', () => {
  const text = '\x7f\x80\x9b2J\x9f\xa0'
  const line = formatJson({ ...event, text })
  assert.ok(line.includes('"\\u007f\\u0080\\u009b2J\\u009f\xa0"'), line)
  assert.equal(JSON.parse(line).message, text)
})

test('formatJson has a text for a system that is none, and the error of undefined', () => {
  const [strange = {}, nothing = {}] = logged(() => {
    log.msg('x', { system: {} as string })
    log.err(undefined, 'Why')
  })
  assert.equal(strange.system, '{}')
  assert.deepEqual(nothing.error, {
    type: 'undefined',
    message: 'undefined',
    stack: 'undefined',
  })
  assert.equal(nothing.message, 'Why')
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
