import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mock, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { addObserver, captureStdio } from '@runnerd/logging'

function capture(t: TestContext): { lines: string[]; restore: () => void } {
  const lines: string[] = []
  const remove = addObserver(({ level, system, text }) =>
    lines.push(`${level} [${system}] ${text}`),
  )
  const restore = captureStdio()
  t.after(() => {
    restore()
    remove()
  })
  return { lines, restore }
}

test('captureStdio logs what is printed to stdout and stderr', (t) => {
  const { lines, restore } = capture(t)
  console.log('a %d', 1)
  console.error('b')
  process.stdout.write('c\n')
  process.stderr.write('d\r\n')
  restore()
  assert.deepEqual(lines, [
    'info [stdout#info] a 1',
    'error [stderr#error] b',
    'info [stdout#info] c',
    'error [stderr#error] d',
  ])
})

test('captureStdio logs each line when it is whole', (t) => {
  const { lines, restore } = capture(t)
  process.stdout.write('one')
  process.stdout.write(' line\ntwo\n\nthr')
  assert.deepEqual(lines, [
    'info [stdout#info] one line',
    'info [stdout#info] two',
    'info [stdout#info] ',
  ])
  process.stdout.write('ee')
  restore()
  assert.equal(lines.at(-1), 'info [stdout#info] three')
})

test('captureStdio logs a very long line in parts, not keeping it for ever', (t) => {
  const { lines, restore } = capture(t)
  for (let part = 0; part < 100; part += 1) process.stdout.write('.'.repeat(1000))
  assert.equal(lines.length, 1)
  restore()
  assert.equal(lines.length, 2)
})

test('captureStdio takes buffers, encodings and letters that are split over writes', (t) => {
  const { lines, restore } = capture(t)
  const bytes = Buffer.from('é 詩 🪶\n')
  for (const byte of bytes) process.stdout.write(Uint8Array.of(byte))
  process.stdout.write('c3a90a', 'hex')
  process.stdout.write('Cg==', 'base64')
  restore()
  assert.deepEqual(lines, [
    'info [stdout#info] é 詩 🪶',
    'info [stdout#info] é',
    'info [stdout#info] ',
  ])
})

test('captureStdio gives streams that never block, close or fail, and are no terminal', async (t) => {
  const { lines, restore } = capture(t)
  const { stdout } = process
  assert.equal(stdout, process.stdout)
  assert.equal(stdout.fd, 1)
  assert.ok(!stdout.isTTY)
  // By this pino tells a stream that is to be written to from the descriptor behind it.
  assert.notEqual(stdout.write, stdout.constructor.prototype.write)
  assert.equal(stdout.write(`${'x'.repeat(1_000_000)}\n`), true)
  const done = mock.fn()
  await new Promise<void>((resolve) => stdout.write('a\n', () => resolve(done())))
  await new Promise<void>((resolve) => stdout.end('b\n', () => resolve(done())))
  stdout.destroy()
  stdout.write('c\n')
  restore()
  assert.equal(done.mock.callCount(), 2)
  assert.deepEqual(lines.slice(1), [
    'info [stdout#info] a',
    'info [stdout#info] b',
    'info [stdout#info] c',
  ])
})

test('captureStdio does not call an observer that prints from itself', (t) => {
  const remove = addObserver((event) => console.log(`saw ${event.text}`))
  const { lines, restore } = capture(t)
  process.stdout.write('a\n')
  remove()
  restore()
  assert.deepEqual(lines, ['info [stdout#info] saw a', 'info [stdout#info] a'])
})

function runProgram(how: string): { logged: string; stdout: string } {
  const program = fileURLToPath(new URL('./programs/print.js', import.meta.url))
  const stdio = ['ignore', 'pipe', 'ignore', 'ignore'] as const
  const output = execFileSync(process.execPath, [program, how], { stdio: [...stdio] })
  const [stdout, logged] = String(output).split('--- log\n')
  return { logged: logged!, stdout: stdout! }
}

test('captureStdio returns a function that gives the real streams back', () => {
  const { stdout, logged } = runProgram('restore')
  assert.equal(stdout, 'before\nafter\nby the old stream\nby the console\n')
  assert.equal(logged, 'during\npartial\n')
})

test('captureStdio logs at exit what has no newline, and all that is printed then', () => {
  const { stdout, logged } = runProgram('exit')
  assert.equal(stdout, 'before\n')
  assert.equal(logged, 'during\npartial\nat exit\n')
})
