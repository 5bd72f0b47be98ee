import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs, {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { watch } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type LogDirectory, openLogFile } from '@runnerd/logging'
import { numbers, writeNumbers } from './numbered-lines.ts'
import { logFiles, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const others = fileURLToPath(new URL('./programs/log-with-others.js', import.meta.url))

function failing(code: string, errno: number): LogDirectory {
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: refused`), { code, errno })
  }
  return { create: fail, rotate: fail, remove: fail }
}

/** Does what a privileged helper would, and remembers what it was asked for. */
function helper(asked: unknown[][]): LogDirectory {
  const make = (path: string): void => writeFileSync(path, '', { flag: 'wx' })
  return {
    remove(path) {
      asked.push(['remove', path])
      rmSync(path)
    },
    create(path, mode) {
      asked.push(['create', path, mode])
      make(path)
    },
    rotate(path, to, mode) {
      asked.push(['rotate', path, to, mode])
      linkSync(path, to)
      make(`${path}.temp`)
      renameSync(`${path}.temp`, path)
    },
  }
}

test('LogFile.rotate gives up when it has stood still for so long that others have rotated', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path)
  t.after(() => file.close())
  const put = (text: string, to: string): void => {
    writeFileSync(`${path}-put`, text)
    renameSync(`${path}-put`, to)
  }
  const link = linkSync
  t.mock.method(fs, 'linkSync', (from: string, to: string) => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
    link(from, to)
    // One has ended its turn, and the next has begun his.
    put('of another\n', path)
    put('', `${path}.new`)
  })
  syncBuiltinESMExports()
  file.rotate()
  assert.equal(readFileSync(path, 'utf8'), 'of another\n')
  assert.ok(existsSync(`${path}.new`))
})

test('LogFile.rotate that stands still before its last step replaces nothing of others', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path)
  t.after(() => file.close())
  writeNumbers(file, 0, 1)
  t.mock.method(fs, 'renameSync', (from: string, to: string) => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
    execFileSync(process.execPath, [others, path, 'other', '1000', '2000', 'sync'], { input: 'x' })
    // The turn of a third.
    writeFileSync(`${path}.new`, '')
    renameSync(from, to)
  })
  syncBuiltinESMExports()
  file.rotate()
  rmSync(`${path}.new`, { force: true })
  const lines = readLog(path)
  assert.equal(lines[0], numbers(1)[0])
  assert.equal(lines.filter((line) => line.startsWith('other ')).length, 1000)
})

test('LogFile.rotate that fails leaves the turn to others at once', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path)
  t.after(() => file.close())
  t.mock.method(fs, 'linkSync', () => {
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  })
  syncBuiltinESMExports()
  file.rotate()
  t.mock.restoreAll()
  syncBuiltinESMExports()
  assert.match(readFileSync(path, 'utf8'), /cannot rotate log /)
  assert.ok(!existsSync(`${path}.new`))
})

test('LogFile.setDirectory has another make each later change, by us and by winston', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  writeFileSync(path, '')
  chmodSync(path, 0o640)
  const asked: unknown[][] = []
  const file = openLogFile(path, { maxSize: 1000 })
  file.setDirectory(helper(asked))
  for (let round = 0; round < 4; round += 1) {
    writeNumbers(file, round * 10, round * 10 + 10)
    await setImmediate()
  }
  renameSync(path, `${path}.9`)
  file.reopen()
  file.close()
  assert.deepEqual(asked, [
    ['rotate', path, `${path}.1`, 0o640],
    ['rotate', path, `${path}.2`, 0o640],
    ['rotate', path, `${path}.3`, 0o640],
    ['create', path, 0o640],
  ])
  assert.deepEqual(readLog(path), numbers(40))
})

test('LogFile tries the next numbers when the directory says that one is taken', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const asked: unknown[][] = []
  const real = helper(asked)
  const file = openLogFile(path, { maxSize: 100 })
  file.setDirectory({
    ...real,
    rotate(from, to, mode, file) {
      if (asked.push(['rotate', to]) < 3) failing('EEXIST', -17).rotate(from, to, mode, file)
      real.rotate(from, to, mode, file)
    },
  })
  writeNumbers(file, 0, 3)
  file.close()
  assert.deepEqual(
    asked.slice(0, 3).map(([, to]) => to),
    [`${path}.1`, `${path}.2`, `${path}.3`],
  )
  assert.deepEqual(readLog(path), numbers(3))
})

test('LogFile gives up a rotation when every number is said to be taken', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 100 })
  file.setDirectory(failing('EEXIST', -17))
  writeNumbers(file, 0, 3)
  file.close()
  assert.match(readLog(path)[2]!, /^cannot rotate log .*: file already exists; it goes on growing$/)
})

test('LogFile goes on in the old file when it cannot rotate, and says so once', async (t) => {
  for (const rotations of [0, 1, 2]) {
    const path = join(tempDir(t), 'runner.log')
    const file = openLogFile(path, { maxSize: 1000 })
    writeNumbers(file, 0, rotations * 10)
    await setImmediate()
    const asked = { ...failing('EACCES', -13) }
    const { rotate } = asked
    let times = 0
    asked.rotate = (...args) => {
      times += 1
      rotate(...args)
    }
    file.setDirectory(asked)
    writeNumbers(file, rotations * 10, 100)
    file.close()
    // Each time that it has grown by as much again, and not with each line.
    assert.ok(times < 10, `it was tried ${times} times`)
    const said = `cannot rotate log ${path}: permission denied; it goes on growing`
    const lines = readLog(path)
    assert.deepEqual(
      lines.filter((line) => line !== said),
      numbers(100),
    )
    assert.equal(lines.length - 100, 1)
  }
})

test('LogFile is rotated in time again when what could not be rotated was truncated', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  file.setDirectory(failing('EACCES', -13))
  writeNumbers(file, 0, 15)
  truncateSync(path)
  file.setDirectory(helper([]))
  writeNumbers(file, 15, 40)
  file.close()
  const { size } = statSync(`${path}.1`)
  assert.ok(size >= 1000 && size < 1120, `${size} bytes`)
})

test('LogFile rotates again when the directory can be changed again', async (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  const asked: unknown[][] = []
  file.setDirectory(failing('EACCES', -13))
  writeNumbers(file, 0, 15)
  await setImmediate()
  file.setDirectory(helper(asked))
  writeNumbers(file, 15, 50)
  file.close()
  assert.ok(asked.length >= 2, `${asked.length} rotations`)
})

test('LogFile finishes a rotation that was cut short, and doubles no line', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const before = openLogFile(path)
  writeNumbers(before, 0, 20)
  before.close()
  // What a process leaves that is killed between giving the number and replacing the file.
  writeFileSync(`${path}.new`, '')
  linkSync(path, `${path}.1`)

  const file = openLogFile(path, { maxSize: 1000 })
  writeNumbers(file, 20, 40)
  file.close()

  assert.deepEqual(readdirSync(join(path, '..')).sort(), [
    'runner.log',
    'runner.log.1',
    'runner.log.2',
  ])
  assert.deepEqual(readLog(path), numbers(40))
})

test('LogFile never replaces what has the next name', (t) => {
  const path = join(tempDir(t), 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  writeFileSync(`${path}.1`, 'precious')
  symlinkSync('nowhere', `${path}.2`)
  mkdirSync(`${path}.3`)
  writeNumbers(file, 0, 15)
  file.close()
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'precious')
  assert.ok(existsSync(`${path}.4`))
  rmdirSync(`${path}.3`)
})

test('LogFile does not write to what somebody has planted where the next file is made', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  writeFileSync(join(directory, 'victim'), 'untouched')
  symlinkSync('victim', `${path}.new`)
  writeNumbers(file, 0, 15)
  file.close()
  assert.equal(readFileSync(join(directory, 'victim'), 'utf8'), 'untouched')
  assert.ok(existsSync(`${path}.1`))
})

test('LogFile has no moment at which the newest log is missing', async (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'runner.log')
  const file = openLogFile(path, { maxSize: 1000 })
  const changes = watch(directory)[Symbol.asyncIterator]()
  const next = changes.next()
  writeNumbers(file, 0, 100)
  file.close()
  writeFileSync(join(directory, 'end'), '')
  let replaced = 0
  for (let change = await next; change.value.filename !== 'end'; change = await changes.next()) {
    if (change.value.eventType === 'rename' && change.value.filename === basename(path))
      replaced += 1
  }
  await changes.return?.()
  // A file that is renamed away and then made again would be two changes of its name.
  assert.equal(replaced, logFiles(path).length - 1)
})
