import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, relative } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { formatText, openLogFile } from '@runnerd/logging'
import { numbered, numbers, write, writeNumbers } from './numbered-lines.ts'
import { logFiles, modeOf, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const winstonIsLoaded = (): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('winston'))

test('openLogFile leaves one plain file and loads no winston before the first rotation', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  writeNumbers(file, 0, 5)
  assert.equal(winstonIsLoaded(), false)
  assert.deepEqual(logFiles(path), [path])
  writeNumbers(file, 5, 20)
  file.close()
  assert.equal(winstonIsLoaded(), true)
})

test('openLogFile has a line in the file when write returns', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  for (let index = 0; index < 100; index += 1) {
    const event = { time: 0, level: 'info', system: 'poem', text: `line ${index}` } as const
    file.write(event)
    assert.ok(readFileSync(path, 'utf8').endsWith(formatText(event)))
    if (index % 7 === 0) await setImmediate()
  }
  file.close()
})

test('openLogFile rotates before the write that finds the size reached', async (t) => {
  for (const maxSize of [1, 500, 1000, 4096]) {
    const path = join(tempDir(t), 'runner.log')
    const file = openLogFile(path, { maxSize })
    for (let index = 0; index < 300; index += 1) {
      writeNumbers(file, index, index + 1)
      if (index % 10 === 0) await setImmediate()
    }
    file.close()
    assert.deepEqual(readLog(path), numbers(300))
    const longest = Buffer.byteLength(numbered(299)) + '2026-11-23T12:32:55+0000 [-] \n'.length
    const files = logFiles(path)
    assert.ok(files.length > 6)
    for (const rotated of files.slice(0, -1)) {
      const { size } = statSync(rotated)
      assert.ok(size >= maxSize && size < maxSize + longest, `${size} for ${maxSize}`)
    }
  }
})

test('openLogFile rotates exactly at the limit, not a byte before or after', (t) => {
  const line = formatText({ time: 0, level: 'info', system: '-', text: 'x'.repeat(70) })
  const lines = (limit: number): number => {
    const path = join(tempDir(t), 'runner.log')
    const file = openLogFile(path, { maxSize: limit })
    // The first file is rotated by us and the second by the library: both must agree.
    for (let index = 0; index < 50; index += 1) write(file, 'x'.repeat(70))
    file.close()
    const [first, second] = logFiles(path).map((name) => statSync(name).size)
    assert.equal(first, second)
    return first! / line.length
  }
  assert.equal(lines(line.length * 10), 10)
  assert.equal(lines(line.length * 10 - 1), 10)
  assert.equal(lines(line.length * 10 + 1), 11)
})

test('openLogFile rotates at 1,000,000 bytes by default and never with maxSize 0', (t) => {
  const directory = tempDir(t)
  const text = 'x'.repeat(100_000)
  const usual = openLogFile(join(directory, 'usual.log'))
  const endless = openLogFile(join(directory, 'endless.log'), { maxSize: 0 })
  for (let index = 0; index < 25; index += 1) {
    write(usual, text)
    write(endless, text)
  }
  usual.close()
  endless.close()
  assert.deepEqual(readdirSync(directory).sort(), [
    'endless.log',
    'usual.log',
    'usual.log.1',
    'usual.log.2',
  ])
})

test('openLogFile goes on after a restart, in the file and in the numbers', (t) => {
  const path = join(tempDir(t), 'runner.log')
  for (let life = 0; life < 10; life += 1) {
    const file = openLogFile(path, { maxSize: 1000 })
    writeNumbers(file, life * 33, life * 33 + 33)
    file.close()
  }
  assert.deepEqual(readLog(path), numbers(330))
  for (const file of logFiles(path).slice(0, -1)) assert.ok(statSync(file).size >= 1000)
})

test('openLogFile gives one more than the highest number, though lower ones are free', (t) => {
  const path = join(tempDir(t), 'runner.log')
  writeFileSync(`${path}.7`, 'old\n')
  writeFileSync(`${path}.9.gz`, 'older, compressed\n')
  writeFileSync(`${path}.old`, 'not ours\n')
  const file = openLogFile(path, { maxSize: 100 })
  writeNumbers(file, 0, 6)
  rmSync(`${path}.10`)
  writeNumbers(file, 6, 8)
  file.close()
  assert.equal(readFileSync(`${path}.7`, 'utf8'), 'old\n')
  const ours = readdirSync(join(path, '..')).filter((name) => /\.\d\d$/.test(name))
  assert.deepEqual(ours.sort(), ['runner.log.11', 'runner.log.12'])
})

test('openLogFile rotates a file that is too large on the first write, and keeps its mode', (t) => {
  const path = join(tempDir(t), 'runner.log')
  writeFileSync(path, `${'x'.repeat(1_199_999)}\n`)
  chmodSync(path, 0o640)
  const umask = process.umask(0o077)
  t.after(() => process.umask(umask))
  const file = openLogFile(path)
  assert.deepEqual(logFiles(path), [path])
  write(file, 'first')
  assert.equal(statSync(`${path}.1`).size, 1_200_000)
  file.rotate()
  for (let index = 0; index < 11; index += 1) write(file, 'x'.repeat(100_000))
  file.close()
  assert.deepEqual(logFiles(path).map(modeOf), ['640', '640', '640', '640'])
})

test('openLogFile gives new files what the umask of the time leaves, as twistd does', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const umask = process.umask(0o022)
  t.after(() => process.umask(umask))
  const file = openLogFile(path)
  process.umask(0o077)
  file.rotate()
  file.close()
  assert.deepEqual(logFiles(path).map(modeOf), ['644', '600'])
})

test('openLogFile gives all files the mode it was asked for', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const umask = process.umask(0o077)
  t.after(() => process.umask(umask))
  const file = openLogFile(path, { mode: 0o664 })
  file.rotate()
  file.close()
  assert.deepEqual(logFiles(path).map(modeOf), ['664', '664'])
})

test('openLogFile throws ERR_LOG_OPEN, and makes no directory', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'missing', 'runner.log')
  assert.throws(() => openLogFile(path), {
    name: 'LogOpenError',
    code: 'ERR_LOG_OPEN',
    path,
    message: `cannot open log ${path}: no such file or directory`,
  })
  assert.throws(() => openLogFile(directory), /illegal operation on a directory$/)
  const inFile = join(directory, 'file', 'runner.log')
  writeFileSync(join(directory, 'file'), '')
  assert.throws(() => openLogFile(inFile), /not a directory$/)
  assert.deepEqual(readdirSync(directory), ['file'])
})

test('openLogFile takes a relative path from the directory of that moment', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(relative(process.cwd(), path))
  assert.equal(file.path, path)
  const home = process.cwd()
  t.after(() => process.chdir(home))
  process.chdir('/')
  file.rotate()
  file.close()
  assert.ok(existsSync(`${path}.1`))
})

test('openLogFile follows a link of the operator and rotates beside its target', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'runner.log')
  mkdirSync(join(directory, 'app'))
  symlinkSync('app/x.log', path)
  const file = openLogFile(path, { maxSize: 1000 })
  writeNumbers(file, 0, 40)
  file.close()
  const again = openLogFile(path, { maxSize: 1000 })
  writeNumbers(again, 40, 60)
  again.close()
  assert.ok(lstatSync(path).isSymbolicLink())
  assert.deepEqual(readdirSync(directory).sort(), ['app', 'runner.log'])
  assert.deepEqual(readLog(join(directory, 'app', 'x.log')), numbers(60))
})

test('openLogFile writes a device directly and never rotates it', (t) => {
  // A device of our own: were this ever broken, root's tests would rename the real one.
  const path = join(tempDir(t), 'null')
  if (spawnSync('mknod', [path, 'c', '1', '3']).status !== 0) return t.skip('only root can mknod')
  const file = openLogFile(path, { maxSize: 10 })
  writeNumbers(file, 0, 10)
  file.rotate()
  file.close()
  assert.ok(statSync(path).isCharacterDevice())
  assert.deepEqual(logFiles(path), [path])
})

test('LogFile.rotate rotates at once, also a file that is empty, and goes on counting', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  file.rotate()
  writeNumbers(file, 0, 5)
  file.rotate()
  writeNumbers(file, 5, 20)
  await setImmediate()
  file.rotate()
  assert.equal(statSync(path).size, 0)
  writeNumbers(file, 20, 60)
  file.close()
  assert.deepEqual(readLog(path), numbers(60))
  assert.equal(statSync(`${path}.1`).size, 0)
  const after = logFiles(path).slice(4, -1)
  assert.ok(after.length > 1)
  for (const rotated of after) assert.ok(statSync(rotated).size >= 1000, basename(rotated))
})

test('LogFile ends quietly: close twice, then nothing is written', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 100 })
  writeNumbers(file, 0, 4)
  file.close()
  file.close()
  writeNumbers(file, 4, 8)
  file.rotate()
  file.reopen()
  assert.deepEqual(readLog(path), numbers(4))
})

test('LogFile keeps the order among several logs of one process', async (t) => {
  const directory = tempDir(t)
  const paths = ['a.log', 'b.log'].map((name) => join(directory, name))
  const files = paths.map((path) => openLogFile(path, { maxSize: 1000 }))
  for (let index = 0; index < 200; index += 1) {
    for (const file of files) write(file, numbered(index))
    if (index % 30 === 0) await setImmediate()
  }
  for (const file of files) file.close()
  for (const path of paths) assert.deepEqual(readLog(path), numbers(200))
})

test('LogFile leaves no descriptor open, however often it rotates', async (t) => {
  const open = (): number => readdirSync('/dev/fd').length
  const path = join(tempDir(t), 'runner.log')
  const before = open()
  const file = openLogFile(path, { maxSize: 1000 })
  writeNumbers(file, 0, 500)
  await setImmediate()
  file.rotate()
  file.reopen()
  assert.equal(open(), before + 1)
  file.close()
  await setImmediate()
  assert.equal(open(), before)
})
