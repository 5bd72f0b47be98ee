import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { addObserver, type LogEvent, log } from '@runnerd/logging'
import { tempDir } from './temp-dir.ts'

interface Observed {
  first: string[]
  second: string[]
}

function logEarly(count: number): Observed {
  const program = fileURLToPath(new URL('./programs/log-early.js', import.meta.url))
  const output = execFileSync(process.execPath, [program, String(count)], { maxBuffer: 1e8 })
  return JSON.parse(String(output)) as Observed
}

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`)

test('addObserver replays what was logged before to the first observer only, in order', () => {
  const { first, second } = logEarly(100)
  assert.deepEqual(first, [...lines(0, 100), 'late'])
  assert.deepEqual(second, ['late'])
})

test('addObserver replays all of 65,536 events', () => {
  assert.deepEqual(logEarly(65_536).first, [...lines(0, 65_536), 'late'])
})

test('addObserver replays the newest 65,536 events and says how many were dropped', () => {
  const { first } = logEarly(65_536 + 10)
  assert.match(first[0]!, /^10 earlier log lines were dropped/)
  assert.deepEqual(first.slice(1), [...lines(10, 65_546), 'late'])
  assert.match(logEarly(65_536 + 1).first[0]!, /^1 earlier log line was dropped/)
})

test('addObserver returns a function that ends the observation', () => {
  const texts: string[] = []
  const remove = addObserver((event) => texts.push(event.text))
  log.msg('a')
  remove()
  remove()
  log.msg('b')
  assert.deepEqual(texts, ['a'])
})

test('addObserver lets an observer remove itself while it observes', () => {
  const texts: string[] = []
  const removeFirst = addObserver(() => removeFirst())
  const removeSecond = addObserver((event) => texts.push(event.text))
  log.msg('a')
  log.msg('b')
  removeSecond()
  assert.deepEqual(texts, ['a', 'b'])
})

test('addObserver keeps an observer that throws from hurting the caller and the others', () => {
  const events: LogEvent[] = []
  const removeBad = addObserver(() => {
    throw new Error('broken observer')
  })
  const removeGood = addObserver((event) => events.push(event))
  log.msg('a')
  log.msg('b')
  removeBad()
  removeGood()
  const [failure, a, b] = events
  assert.equal(failure!.level, 'critical')
  assert.match(failure!.text, /^A log observer failed\nError: broken observer/)
  assert.deepEqual([a!.text, b!.text, events.length], ['a', 'b', 3])
})

test('addObserver survives observers that all throw', () => {
  const fail = (): void => {
    throw new Error('broken')
  }
  const removes = [addObserver(fail), addObserver(fail), addObserver(fail)]
  log.msg('a')
  for (const remove of removes) remove()
})

test('addObserver gives what an observer logs itself to the others only', () => {
  const texts: string[] = []
  const removeEcho = addObserver((event) => log.msg(`echo of ${event.text}`))
  const removeOther = addObserver((event) => texts.push(event.text))
  log.msg('a')
  removeEcho()
  removeOther()
  assert.deepEqual(texts, ['echo of a', 'a'])
})

test('the log is one for all copies of the package', async (t) => {
  const copy = tempDir(t)
  cpSync(dirname(fileURLToPath(import.meta.resolve('@runnerd/logging'))), copy, { recursive: true })
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
  const other = (await import(
    pathToFileURL(join(copy, 'index.js')).href
  )) as typeof import('@runnerd/logging')
  assert.notEqual(other.log, log)

  const lines: string[] = []
  const remove = addObserver(({ system, text }) => lines.push(`[${system}] ${text}`))
  other.log.msg('from the copy')
  log.withSystem('outer', () => other.log.msg('in our context'))
  remove()
  other.log.msg('too late')
  assert.deepEqual(lines, ['[-] from the copy', '[outer] in our context'])
})
