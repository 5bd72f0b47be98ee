import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { formatText, type LogEvent } from '@runnerd/logging'

const noon: LogEvent = {
  time: Date.UTC(2026, 10, 23, 12, 32, 55, 999),
  level: 'info',
  system: '-',
  text: 'Log opened.',
}

function formatIn(zone: string, event: LogEvent): string {
  const source = `
    import { formatText } from ${JSON.stringify(import.meta.resolve('@runnerd/logging'))}
    process.stdout.write(formatText(${JSON.stringify(event)}))`
  const env = { ...process.env, TZ: zone }
  return execFileSync(process.execPath, ['--input-type=module', '-e', source], { env }).toString()
}

test('formatText gives the local time with its offset and no fraction', () => {
  assert.equal(formatIn('UTC', noon), '2026-11-23T12:32:55+0000 [-] Log opened.\n')
  assert.equal(formatIn('Asia/Kolkata', noon), '2026-11-23T18:02:55+0530 [-] Log opened.\n')
  assert.equal(formatIn('America/St_Johns', noon), '2026-11-23T09:02:55-0330 [-] Log opened.\n')
})

test('formatText gives each event its own time', () => {
  const stamp = (time: number): string => formatText({ ...noon, time }).split(' ')[0]!
  assert.notEqual(stamp(noon.time), stamp(noon.time + 1))
  assert.equal(stamp(noon.time + 1), stamp(noon.time + 1000))
  assert.equal(Date.parse(stamp(noon.time)), Date.UTC(2026, 10, 23, 12, 32, 55))
})

test('formatText puts the system in brackets', () => {
  const line = formatText({ ...noon, system: 'PoetryFactory', text: 'sending 3003 bytes' })
  assert.match(line, / \[PoetryFactory\] sending 3003 bytes\n$/)
})

test('formatText begins continuation lines with a tab', () => {
  assert.match(formatText({ ...noon, text: 'a\nb\n\nc' }), / \[-\] a\n\tb\n\t\n\tc\n$/)
})

test('formatText escapes what could forge a line or command a terminal', () => {
  const text = 'a\rb\x1b[2Jc\x00d\x7fe\x9bf'
  assert.match(formatText({ ...noon, text }), / a\\rb\\x1b\[2Jc\\x00d\\x7fe\\x9bf\n$/)
  for (const control of ['\r', '\x1b', '\0', '\x7f', '\x9b']) {
    assert.ok(!formatText({ ...noon, text: control }).includes(control))
    assert.ok(!formatText({ ...noon, system: control }).includes(control))
  }
  const system = 'web\n2026-11-23T12:32:55+0000 [-] forged\x1b'
  const line = formatText({ ...noon, system })
  assert.equal(line.split('\n').length, 2)
  assert.ok(!line.includes('\x1b'))
})

test('formatText leaves tabs and letters of all languages alone', () => {
  assert.match(formatText({ ...noon, text: 'a\tb é 詩 🪶' }), / a\tb é 詩 🪶\n$/)
})
