import assert from 'node:assert/strict'
import { mkdirSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  addObserver,
  defaultLogSettings,
  type LogFile,
  type LogLevel,
  log,
  openLogFile,
  openStdoutLog,
} from '@runnerd/logging'
import { numbers, write, writeNumbers } from './numbered-lines.ts'
import { logFiles, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const levels: LogLevel[] = ['debug', 'info', 'warn', 'error', 'critical']

function writeAll(file: LogFile): void {
  for (const level of levels) file.write({ time: 0, level, system: '-', text: level })
}

test('LogFile has twistd’s settings unless told otherwise', (t) => {
  const file = openLogFile(join(tempDir(t), 'runner.log'))
  assert.deepEqual(file.settings, { format: 'text', level: 'info', maxSize: 1e6, maxFiles: 0 })
  assert.deepEqual(file.settings, defaultLogSettings)
  file.close()
})

test('LogFile writes what it says itself in the format that it has by then', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'logs', 'runner.log')
  mkdirSync(join(directory, 'logs'))
  const file = openLogFile(path)
  file.configure({ format: 'json' })
  renameSync(join(directory, 'logs'), join(directory, 'moved'))
  file.reopen()
  file.close()
  const { level, message } = JSON.parse(
    readFileSync(join(directory, 'moved', 'runner.log'), 'utf8'),
  )
  assert.equal(level, 'warn')
  assert.match(message, /^cannot reopen log /)
})

for (const kind of ['openLogFile', 'openStdoutLog'] as const) {
  test(`${kind} writes the level it was given and all that are more serious`, (t) => {
    const path = join(tempDir(t), 'runner.log')
    const open = (level: LogLevel): LogFile =>
      kind === 'openLogFile'
        ? openLogFile(path, { level })
        : openStdoutLog(openSync(path, 'a'), { level })
    const file = open('warn')
    writeAll(file)
    assert.deepEqual(readLog(path), ['warn', 'error', 'critical'])
    assert.deepEqual(levels.filter(file.accepts.bind(file)), ['warn', 'error', 'critical'])
    file.configure({ level: 'debug' })
    writeAll(file)
    assert.deepEqual(readLog(path).slice(3), levels)
    file.close()
  })

  test(`${kind} changes its format while it is open`, (t) => {
    const path = join(tempDir(t), 'runner.log')
    const file =
      kind === 'openLogFile'
        ? openLogFile(path, { format: 'json' })
        : openStdoutLog(openSync(path, 'a'), { format: 'json' })
    write(file, 'one')
    file.configure({ format: 'text', level: undefined as never })
    write(file, 'two')
    assert.equal(file.settings.level, 'info')
    file.close()
    const [one, two] = readFileSync(path, 'utf8').split('\n')
    assert.equal(JSON.parse(one!).message, 'one')
    assert.match(two!, /^\S+ \[-\] two$/)
  })
}

test('LogFile.configure changes the size while winston writes, and loses no line', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  writeNumbers(file, 0, 25)
  await new Promise((resolve) => setImmediate(resolve))
  file.configure({ maxSize: 0 })
  writeNumbers(file, 25, 100)
  const before = logFiles(path).length
  assert.equal(before, 3)
  file.configure({ maxSize: 500 })
  writeNumbers(file, 100, 130)
  assert.ok(logFiles(path).length > before + 4)
  file.close()
  assert.deepEqual(readLog(path), numbers(130))
})

test('what no observer wants is not even made a text of', () => {
  let looks = 0
  const costly = {
    [Symbol.for('nodejs.util.inspect.custom')]: () => {
      looks += 1
      return 'costly'
    },
  }
  let wanted: LogLevel = 'info'
  const seen: string[] = []
  const end = addObserver(
    ({ text }) => seen.push(text),
    (level) => level !== 'debug' || wanted === 'debug',
  )
  log.debug(costly)
  assert.equal(looks, 0)
  wanted = 'debug'
  log.debug(costly)
  const endOther = addObserver(() => {})
  wanted = 'info'
  log.debug(costly)
  end()
  endOther()
  assert.deepEqual(seen, ['costly'])
  assert.equal(looks, 2)
})
