import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { openLogFile } from '@runnerd/logging'
import { numbered, numbers, write, writeNumbers } from './numbered-lines.ts'
import { logFiles, modeOf, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

/** Each file was rotated by the first write that found 1000 bytes, not before and not after. */
function assertSizes(path: string): void {
  for (const file of logFiles(path)) {
    const { size } = statSync(file)
    assert.ok(size < 1000 + 120, `${file} has ${size}`)
    assert.ok(size >= 1000 || file === path, `${file} has ${size}`)
  }
}

test('LogFile.reopen goes on in a new file after the old one was moved away', async (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'runner.log')
  writeFileSync(path, '')
  chmodSync(path, 0o640)
  const file = openLogFile(path, { maxSize: 1000 })
  for (let day = 0; day < 5; day += 1) {
    writeNumbers(file, day * 15, day * 15 + 15)
    await setImmediate()
    renameSync(path, join(directory, `day-${day}`))
    write(file, `end of day ${day}`)
    file.reopen()
    assert.equal(modeOf(path), '640')
    assert.match(readFileSync(join(directory, `day-${day}`), 'utf8'), /end of day/)
  }
  writeNumbers(file, 75, 80)
  file.close()
  const all = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
  for (let index = 0; index < 80; index += 1) {
    assert.equal(all.join('').split(`${numbered(index)}\n`).length, 2, numbered(index))
  }
  assertSizes(path)
})

test('LogFile.reopen goes on in a new file after the old one was deleted', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path)
  write(file, 'gone')
  rmSync(path)
  file.reopen()
  write(file, 'here')
  file.close()
  assert.deepEqual(readLog(path), ['here'])
})

test('LogFile.reopen makes the missing target of a link', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'runner.log')
  symlinkSync('x.log', path)
  const file = openLogFile(path)
  renameSync(join(directory, 'x.log'), join(directory, 'x.log.old'))
  file.reopen()
  write(file, 'here')
  file.close()
  assert.deepEqual(readLog(join(directory, 'x.log')), ['here'])
})

test('LogFile.reopen that fails says so in the old file and goes on there', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'logs', 'runner.log')
  mkdirSync(join(directory, 'logs'))
  const file = openLogFile(path)
  renameSync(join(directory, 'logs'), join(directory, 'moved'))
  file.reopen()
  write(file, 'here')
  file.close()
  const [said, line] = readLog(join(directory, 'moved', 'runner.log'))
  const reason = 'no such file or directory; still writing to the old file'
  assert.equal(said, `cannot reopen log ${path}: ${reason}`)
  assert.equal(line, 'here')
})

test('LogFile makes a new file at a rotation that finds the old one deleted', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  for (let round = 0; round < 3; round += 1) {
    rmSync(path)
    writeNumbers(file, 0, 12)
    await setImmediate()
    assert.ok(existsSync(path))
  }
  file.close()
  assert.deepEqual(logFiles(path), [path])
})

test('LogFile rotates by the true size after somebody has truncated the file', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  for (let round = 0; round < 10; round += 1) {
    writeNumbers(file, round * 9, round * 9 + 9)
    await setImmediate()
    if (round % 3 === 0) truncateSync(path)
  }
  file.close()
  assertSizes(path)
})

test('LogFile goes on in the file that somebody has put in place of its own', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  for (let round = 0; round < 3; round += 1) {
    renameSync(path, `${path}-${round}`)
    writeFileSync(path, '2026-11-23T12:32:55+0000 [-] theirs\n')
    writeNumbers(file, 0, 8)
    await setImmediate()
    assert.deepEqual(logFiles(path), [path])
    assert.match(readFileSync(path, 'utf8'), /theirs\n.*line 7 /s)
  }
  file.close()
})

test('LogFile.reopen counts what the file has that it finds', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  for (let round = 0; round < 4; round += 1) {
    renameSync(path, `${path}-${round}`)
    writeFileSync(path, `${'x'.repeat(899)}\n`)
    file.reopen()
    writeNumbers(file, 0, 17)
    await setImmediate()
  }
  file.close()
  assertSizes(path)
})

test('LogFile.reopen follows a link to where it leads now, and rotates there', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'runner.log')
  symlinkSync('old.log', path)
  const file = openLogFile(path, { maxSize: 1000 })
  rmSync(path)
  symlinkSync('new.log', path)
  file.reopen()
  writeNumbers(file, 0, 15)
  file.close()
  assert.deepEqual(readLog(join(directory, 'new.log')), numbers(15))
  assert.deepEqual(readdirSync(directory).sort(), ['new.log', 'new.log.1', 'old.log', 'runner.log'])
})

for (const isFifoFirst of [true, false]) {
  const when = isFifoFirst ? 'that it was opened as' : 'that has come later'
  test(`LogFile.rotate opens the path anew when a fifo ${when} is gone`, (t) => {
    const path = join(tempDir(t), 'runner.log')
    if (isFifoFirst) execFileSync('mkfifo', [path])
    const file = openLogFile(path)
    t.after(() => file.close())
    if (!isFifoFirst) {
      renameSync(path, `${path}-old`)
      execFileSync('mkfifo', [path])
      file.rotate()
    }
    file.rotate()
    assert.ok(statSync(path).isFIFO(), 'one that is there is left alone')
    rmSync(path)
    file.rotate()
    write(file, 'in a file again')
    assert.match(readFileSync(path, 'utf8'), /in a file again\n$/)
    file.rotate()
    assert.match(readFileSync(`${path}.1`, 'utf8'), /in a file again\n$/)
    write(file, 'rotated as ever')
    assert.match(readFileSync(path, 'utf8'), /rotated as ever\n$/)
  })
}

for (const isThere of [false, true]) {
  const goes = isThere ? 'goes on in' : 'makes'
  test(`LogFile.rotate ${goes} what a symbolic link leads to that was put in its place`, (t) => {
    const directory = tempDir(t)
    const path = join(directory, 'runner.log')
    const file = openLogFile(path)
    t.after(() => file.close())
    renameSync(path, join(directory, 'old'))
    if (isThere) writeFileSync(join(directory, 'real.log'), '')
    symlinkSync('real.log', path)
    file.rotate()
    write(file, 'behind the link')
    assert.match(readFileSync(join(directory, 'real.log'), 'utf8'), /behind the link\n$/)
    file.rotate()
    const names = readdirSync(directory).sort()
    assert.deepEqual(names, ['old', 'real.log', 'real.log.1', 'runner.log'])
  })
}
