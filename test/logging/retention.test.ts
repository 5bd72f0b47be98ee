import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { openLogFile } from '@runnerd/logging'
import { write, writeNumbers } from './numbered-lines.ts'
import { readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const namesBeside = (path: string): string[] => readdirSync(dirname(path)).sort()

test('openLogFile keeps as many rotated files as it is told to, those with the highest numbers', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000, maxFiles: 3 })
  for (let round = 0; round < 12; round += 1) {
    writeNumbers(file, round * 10, round * 10 + 10)
    await new Promise((resolve) => setImmediate(resolve))
    const rotated = namesBeside(path).length - 1
    assert.ok(rotated <= 3, `${rotated} rotated files`)
  }
  file.close()
  const names = namesBeside(path)
  assert.equal(names.length, 4)
  const lines = readLog(path)
  // What is kept has no gap and ends with the newest.
  const first = Number(/\d+/.exec(lines[0]!)?.[0])
  assert.equal(lines.length, 120 - first)
})

test('openLogFile goes by the numbers, over gaps and restarts, and leaves alone what is not its own', (t) => {
  const path = join(tempDir(t), 'runner.log')
  for (const number of [2, 3, 7, 9, 10]) writeFileSync(`${path}.${number}`, `${number}\n`)
  const others = ['.1.gz', '.4.gz', '.old', '.007', '.8x', '.new.5', '-1']
  for (const other of others) writeFileSync(`${path}${other}`, '')
  writeFileSync(join(dirname(path), 'other.log.1'), '')
  mkdirSync(`${path}.5`)
  symlinkSync('nowhere', `${path}.6`)
  const first = openLogFile(path, { maxFiles: 2 })
  write(first, 'a')
  first.rotate()
  first.close()
  const kept = ['runner.log', 'runner.log.10', 'runner.log.11', 'runner.log.5', 'runner.log.6']
  const theirs = [...others.map((other) => `runner.log${other}`), 'other.log.1']
  assert.deepEqual(namesBeside(path), [...kept, ...theirs].sort())
  const second = openLogFile(path, { maxFiles: 1 })
  second.rotate()
  second.close()
  assert.ok(namesBeside(path).includes('runner.log.12'))
  assert.ok(!namesBeside(path).includes('runner.log.11'))
})

test('openLogFile keeps every rotated file by default, and what is changed holds from the next rotation', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path)
  for (let round = 0; round < 8; round += 1) file.rotate()
  assert.equal(namesBeside(path).length, 9)
  file.configure({ maxFiles: 4 })
  assert.equal(namesBeside(path).length, 9)
  file.rotate()
  assert.deepEqual(
    namesBeside(path),
    ['', '.6', '.7', '.8', '.9'].map((end) => `runner.log${end}`),
  )
  file.close()
})
