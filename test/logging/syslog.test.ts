import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogEvent, type LogLevel, openSyslog } from '@runnerd/logging'

const noon = new Date(2026, 10, 3, 12, 0, 9).getTime()

function event(text: string, level: LogLevel = 'info'): LogEvent {
  return { time: noon, level, system: '-', text }
}

/** A syslog daemon that takes messages while `refusal` is undefined. */
class FakeSocket {
  readonly got: string[] = []
  refusal: string | undefined
  attempts = 0
  open = true

  send(message: Buffer): void {
    this.attempts += 1
    if (this.refusal) throw Object.assign(new Error(this.refusal), { code: this.refusal })
    this.got.push(message.toString())
  }

  close(): void {
    this.open = false
  }

  /** The texts after the tag. */
  texts(): string[] {
    return this.got.map((message) => message.replace(/^.*?: /, ''))
  }
}

test('openSyslog sends a message a line, with its level, its time and its process', () => {
  const socket = new FakeSocket()
  const log = openSyslog(socket, 'poet', 42)
  for (const level of ['critical', 'error', 'warn', 'info', 'debug'] as const) {
    log.write(event(level, level))
  }
  log.write({ ...event('one\ntwo\u001b[2J'), system: 'Poem\nServer' })
  assert.deepEqual(socket.got, [
    '<10>Nov  3 12:00:09 poet[42]: [-] critical',
    '<11>Nov  3 12:00:09 poet[42]: [-] error',
    '<12>Nov  3 12:00:09 poet[42]: [-] warn',
    '<14>Nov  3 12:00:09 poet[42]: [-] info',
    '<15>Nov  3 12:00:09 poet[42]: [-] debug',
    '<14>Nov  3 12:00:09 poet[42]: [Poem\\nServer] one',
    '<14>Nov  3 12:00:09 poet[42]: \ttwo\\x1b[2J',
  ])
})

test('openSyslog cuts what is longer than syslog takes, between characters', () => {
  const socket = new FakeSocket()
  const text = `x${'詩'.repeat(6000)}`
  openSyslog(socket, 'poet', 42).write(event(text))
  assert.ok(socket.got.every((message) => Buffer.byteLength(message) < 8192))
  assert.equal(socket.texts().join('').replaceAll('\t', ''), `[-] ${text}`)
  assert.equal(socket.got.length, 3)
})

test('openSyslog counts what is lost, and says it once when it can', () => {
  const socket = new FakeSocket()
  const log = openSyslog(socket, 'poet', 42)
  log.write(event('one'))
  socket.refusal = 'ECONNREFUSED'
  log.write(event('two'))
  log.write(event('three\nfour'))
  socket.refusal = undefined
  log.write(event('five'))
  log.write(event('six'))
  const lost = '[-] 3 log lines were lost: ECONNREFUSED'
  assert.deepEqual(socket.texts(), ['[-] one', lost, '[-] five', '[-] six'])
})

test('openSyslog says at the end what was lost last', () => {
  const socket = new FakeSocket()
  const log = openSyslog(socket, 'poet', 42)
  socket.refusal = 'ENOENT'
  log.write(event('one'))
  socket.refusal = undefined
  log.close()
  log.close()
  log.write(event('two'))
  assert.deepEqual(socket.texts(), ['[-] 1 log line was lost: ENOENT'])
  assert.equal(socket.open, false)
})

test('openSyslog waits for a daemon that is slow, and only once for one that hangs', () => {
  const socket = new FakeSocket()
  const log = openSyslog(socket, 'poet', 42)
  let refusals = 3
  const send = socket.send.bind(socket)
  socket.send = (message) => {
    refusals -= 1
    socket.refusal = refusals >= 0 ? 'EAGAIN' : undefined
    send(message)
  }
  log.write(event('one'))
  assert.deepEqual(socket.texts(), ['[-] one'])
  socket.send = send
  socket.refusal = 'EAGAIN'
  log.write(event('two'))
  assert.ok(socket.attempts > 10, String(socket.attempts))
  const before = socket.attempts
  for (let i = 0; i < 1000; i += 1) log.write(event('three'))
  assert.equal(socket.attempts, before + 1000)
})
