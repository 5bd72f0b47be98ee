import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import {
  cleanEnv,
  daemon,
  type Ended,
  foreground,
  type Running,
  runner,
  startRunner,
} from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('')

/** A log that was rotated twice: lines 0 to 29, with one whose number sorts first as text. */
function rotated(t: TestContext): string {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'runner.log.9'), numbered(0, 10))
  writeFileSync(join(cwd, 'runner.log.10'), numbered(10, 20))
  writeFileSync(join(cwd, 'runner.log'), numbered(20, 30))
  // These are none of its files.
  for (const name of ['runner.log.8.gz', 'runner.log.x', 'runner.log.new', 'other.log.1']) {
    writeFileSync(join(cwd, name), 'never shown\n')
  }
  return cwd
}

function follow(t: TestContext, cwd: string, ...args: string[]): Running {
  const running = startRunner(['logs', '-f', '--logfile', 'runner.log', ...args], { cwd })
  t.after(() => running.child.kill('SIGKILL'))
  return running
}

test('runner logs shows the last lines of the log of a daemon, ten if not told', async (t) => {
  const cwd = tempDir(t)
  const { log } = await daemon(t, ['probe'], { cwd, env })
  const lines = log().trimEnd().split('\n')
  const { status, stdout, stderr } = await runner(['logs', '-n', '2'], { cwd, env })
  assert.deepEqual([status, stderr], [0, ''])
  assert.deepEqual(stdout.trimEnd().split('\n'), lines.slice(-2))
  appendFileSync(join(cwd, 'runner.log'), numbered(0, 20))
  assert.equal((await runner(['logs'], { cwd, env })).stdout, numbered(10, 20))
})

test('it goes back through the rotated files, in the order of their numbers', async (t) => {
  const cwd = rotated(t)
  for (const count of [0, 1, 9, 10, 11, 20, 21, 29, 30, 31, 1000]) {
    const args = ['logs', '--logfile', 'runner.log', '--lines', String(count)]
    const { status, stdout } = await runner(args, { cwd })
    assert.equal(status, 0)
    assert.equal(stdout, numbered(Math.max(0, 30 - count), 30), `${count} lines`)
  }
})

test('compressed rotated files are read in their place, and a damaged one is told', async (t) => {
  const cwd = rotated(t)
  const log = join(cwd, 'runner.log')
  // The whole one beside it counts.
  writeFileSync(`${log}.9.gz`, gzipSync(numbered(0, 5)))
  writeFileSync(`${log}.7.gz`, gzipSync(numbered(-200_000, 0)))
  rmSync(`${log}.8.gz`)
  const shown = (count: number): Promise<Ended> =>
    runner(['logs', '--logfile', 'runner.log', '-n', String(count)], { cwd })
  for (const count of [20, 30, 31, 150_000, 200_030, 1_000_000]) {
    const { status, stdout, stderr } = await shown(count)
    assert.deepEqual([status, stderr], [0, ''])
    assert.ok(stdout === numbered(Math.max(-200_000, 30 - count), 30), `${count} lines`)
  }
  const whole = gzipSync(numbered(-300_000, -200_000))
  writeFileSync(`${log}.6.gz`, whole.subarray(0, whole.length / 2))
  assert.equal((await shown(200_030)).stderr, '', 'it is not needed')
  const { status, stdout, stderr } = await shown(1_000_000)
  assert.equal(status, 0)
  assert.equal(stderr, `runner: cannot show all of ${log}.6.gz: unexpected end of file\n`)
  const expected = numbered(-200_000, 30)
  assert.ok(stdout.endsWith(expected))
  assert.match(stdout, /^line -300000\nline -299999\n/)
  assert.deepEqual(
    readdirSync(cwd).filter((name) => name.startsWith('.runner')),
    [],
  )
})

test('what was rotated and compressed before it was looked at again is shown once', async (t) => {
  const cwd = rotated(t)
  const log = join(cwd, 'runner.log')
  const running = follow(t, cwd, '-n', '1')
  await running.line(/line 29\n/)
  running.child.kill('SIGSTOP')
  for (const number of [11, 12]) {
    appendFileSync(log, numbered(30 + (number - 11) * 5, 35 + (number - 11) * 5))
    writeFileSync(`${log}.${number}.gz`, gzipSync(readFileSync(log)))
    rmSync(log)
  }
  writeFileSync(log, numbered(40, 45))
  running.child.kill('SIGCONT')
  await running.line(/line 44\n/)
  assert.equal(running.stdout(), numbered(29, 45))
})

test('lines longer than a block, an empty log and one without a last line break are shown', async (t) => {
  const cwd = tempDir(t)
  const shown = async (text: string, count: number): Promise<string> => {
    writeFileSync(join(cwd, 'runner.log'), text)
    const args = ['logs', '--logfile', 'runner.log', '-n', String(count)]
    return (await runner(args, { cwd })).stdout
  }
  const long = 'ü'.repeat(100_000)
  assert.equal(await shown(`first\n${long}\nlast\n`, 2), `${long}\nlast\n`)
  assert.equal(await shown('', 10), '')
  assert.equal(await shown('one\ntwo', 1), 'two')
  assert.equal(await shown('\n\n\n', 2), '\n\n')
})

test('it follows a log through rotations, moves and truncation, and loses no line', async (t) => {
  const cwd = rotated(t)
  const log = join(cwd, 'runner.log')
  const running = follow(t, cwd, '-n', '1')
  await running.line(/line 29\n/)
  appendFileSync(log, numbered(30, 35))
  // Several rotations between two looks.
  for (const number of [11, 12, 13]) {
    renameSync(log, `${log}.${number}`)
    writeFileSync(log, numbered(35 + (number - 11) * 5, 40 + (number - 11) * 5))
  }
  await running.line(/line 49\n/)
  // Another process still had the old file open.
  appendFileSync(`${log}.13`, 'late\n')
  await running.line(/late\n/)
  // As an external logrotate does it.
  renameSync(log, join(cwd, 'elsewhere'))
  appendFileSync(join(cwd, 'elsewhere'), 'after the move\n')
  await running.line(/after the move\n/)
  writeFileSync(log, numbered(50, 60))
  await running.line(/line 59\n/)
  truncateSync(log)
  appendFileSync(log, numbered(60, 61))
  await running.line(/line 60\n/)
  const seen = running.stdout().replace('late\n', '').replace('after the move\n', '')
  assert.equal(seen, numbered(29, 61))
})

test('it shows every line of a daemon that fills its log, once and in order', async (t) => {
  const cwd = tempDir(t)
  const { pid } = await daemon(t, ['probe', '--trace', 'trace'], { cwd, env })
  const running = startRunner(['logs', '--follow', '-n', '0'], { cwd, env })
  t.after(() => running.child.kill('SIGKILL'))
  // It reads from where the log ended when it looked: something must come after that.
  const again = setInterval(() => process.kill(pid, 'SIGURG'), 300)
  try {
    await waitFor(cwd, () => (readdirSync(cwd).includes('runner.log.2') ? true : undefined))
    await running.line(/line \.+11999\n/)
  } finally {
    clearInterval(again)
  }
  const numbers = [...running.stdout().matchAll(/line \.*(\d+)\n/g)].map((match) =>
    Number(match[1]),
  )
  for (const [i, number] of numbers.entries()) {
    if (i > 0) assert.equal(number, (numbers[i - 1]! + 1) % 12_000)
  }
})

test('it ends quietly when nobody reads any more, and at ^C', async (t) => {
  const cwd = rotated(t)
  const child = spawn(
    'sh',
    [
      '-c',
      `"$@" | head -n 1; echo "\${PIPESTATUS:-}"`,
      'sh',
      process.execPath,
      runnerBin,
      'logs',
      '-f',
      '-n',
      '5',
      '--logfile',
      'runner.log',
    ],
    {
      cwd,
      env: cleanEnv(cwd),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  t.after(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const again = setInterval(() => appendFileSync(join(cwd, 'runner.log'), 'more\n'), 50)
  await ended
  clearInterval(again)
  assert.equal(stderr, '')
  const running = follow(t, cwd)
  // Some more than ten may have come by now.
  await running.line(/more\n/)
  running.child.kill('SIGINT')
  const { signal, stderr: words } = await running.ended
  assert.deepEqual([signal, words], ['SIGINT', ''])
})

test('a log that is no file, or not there, or stdout, is one line', async (t) => {
  const cwd = tempDir(t)
  const complaint = async (...args: string[]): Promise<[number | null, string]> => {
    const { status, stderr } = await runner(['logs', ...args], { cwd, env })
    return [status, stderr]
  }
  assert.deepEqual(await complaint('--logfile', 'none.log'), [
    66,
    `runner: cannot show the log: ${join(cwd, 'none.log')}: no such file\n`,
  ])
  assert.equal((await complaint('--logfile', cwd))[0], 66)
  assert.equal((await complaint('-n', '1.5'))[0], 64)
  assert.equal((await complaint('-n', 'x'))[0], 64)
  const running = foreground(t, ['probe'], { cwd, env })
  await running.line(/all up/)
  assert.deepEqual(await complaint(), [
    69,
    `runner: cannot show the log: pid ${running.pid} logs to stdout\n`,
  ])
})
