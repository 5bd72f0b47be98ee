import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, fchmodSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { formatText, type LogEvent, openLogFile, openStdoutLog } from '@runnerd/logging'
import { numbered } from './numbered-lines.ts'
import { tempDir } from './temp-dir.ts'

const program = fileURLToPath(new URL('./programs/log-to-stdout.js', import.meta.url))

const event: LogEvent = { time: 0, level: 'info', system: '-', text: 'a line' }

test('openStdoutLog waits for a slow reader and loses nothing before process.exit()', async () => {
  const count = 5000
  const child = spawn(process.execPath, [program, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = await text(child.stdout)
  const lines = output.split('\n').map((line) => line.replace(/^\S+ \[-\] /, ''))
  const expected = Array.from({ length: count }, (_, index) => `${numbered(index)} é 詩`)
  assert.deepEqual(lines, [...expected, ''])
})

test('openStdoutLog lets the service go on when its reader is gone', async () => {
  const child = spawn(process.execPath, [program, '5000'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const ended = once(child, 'exit')
  assert.equal(await text(child.stderr), 'done\n')
  assert.deepEqual(await ended, [0, null])
})

test('openStdoutLog writes to the descriptor that it is given and leaves it open', (t) => {
  const path = join(tempDir(t), 'out')
  const fd = openSync(path, 'w')
  const file = openStdoutLog(fd)
  assert.equal(file.path, '-')
  file.write(event)
  file.rotate()
  file.reopen()
  file.close()
  file.write(event)
  closeSync(fd)
  assert.equal(readFileSync(path, 'utf8'), formatText(event))
})

test('openLogFile opens a fifo that nobody reads, and writes it once somebody does', (t) => {
  const path = join(tempDir(t), 'fifo')
  execFileSync('mkfifo', [path])
  const file = openLogFile(path, { maxSize: 10 })
  file.write(event)
  file.write(event)
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  file.write(event)
  file.rotate()
  file.close()
  const [said, line] = readFileSync(reader, 'utf8').split('\n')
  closeSync(reader)
  assert.match(said!, / 2 log lines were lost: broken pipe$/)
  assert.equal(`${line}\n`, formatText(event))
})

test('openLogFile never rotates the file that /dev/stdout leads to', (t) => {
  const directory = tempDir(t)
  const path = join(directory, 'out')
  const fd = openSync(path, 'a')
  fchmodSync(fd, 0o666)
  const lines = fileURLToPath(new URL('./programs/log-lines.js', import.meta.url))
  const args = [lines, '/dev/stdout', '20000', 'sync', 'exit']
  // Never as root: were this broken, it would rename the real /dev/stdout.
  const user = process.getuid!() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  execFileSync(process.execPath, args, { stdio: ['ignore', fd, 'inherit'], ...user })
  closeSync(fd)
  assert.deepEqual(readdirSync(directory), ['out'])
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 20_000 + 2)
})

test('openStdoutLog marks each line with its level for the journal', (t) => {
  const path = join(tempDir(t), 'out')
  const fd = openSync(path, 'w')
  const file = openStdoutLog(fd, { forJournal: true })
  file.write(event)
  file.write({ ...event, level: 'error', text: 'one\ntwo' })
  closeSync(fd)
  const lines = readFileSync(path, 'utf8').split('\n')
  assert.match(lines[0] as string, /^<6>\S+ \[-\] a line$/)
  assert.match(lines[1] as string, /^<3>\S+ \[-\] one$/)
  assert.deepEqual(lines.slice(2), ['<3>\ttwo', ''])
})
