import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures } from '../helpers/paths.ts'
import { type Daemon, daemon, isAlive } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'chatter') }
const isRoot = noOtherUser === false
const NOBODY = 65534

interface Chatter extends Daemon {
  readonly directory: string
  /** Has it log so many lines as it was told at its start, and waits until it has. */
  chat(): Promise<void>
  /** What is in all files of the log, oldest first, and in those that are named. */
  lines(...others: string[]): string[]
}

/** A daemon whose log is in a directory of its own, and which logs when it is told to. */
async function chatter(
  t: TestContext,
  directory: string,
  args: string[],
  lines: number,
): Promise<Chatter> {
  const cwd = tempDir(t)
  const report = join(cwd, 'report')
  const logfile = join(directory, 'runner.log')
  const own = ['--logfile', logfile, '--log-max-size', '20k', ...args]
  const plugin = ['chatter', '--lines', String(lines), '--report', report]
  const running = await daemon(t, [...own, ...plugin], { cwd, env })
  let next = 0
  const done = async (): Promise<void> => {
    next += lines
    await waitFor(report, () => {
      const text = existsSync(report) ? readFileSync(report, 'utf8') : ''
      return text.includes(`{"next":${next},`) ? true : undefined
    })
  }
  await done()
  return {
    ...running,
    directory,
    logfile,
    async chat() {
      process.kill(running.pid, 'SIGURG')
      await done()
    },
    log: () => readFileSync(logfile, 'utf8'),
    lines(...others) {
      const numbers = readdirSync(directory)
        .map((name) => /^runner\.log\.(\d+)$/.exec(name)?.[1])
        .filter((number) => number !== undefined)
        .map(Number)
        .sort((one, other) => one - other)
      const files = [...others, ...numbers.map((number) => `${logfile}.${number}`), logfile]
      return files.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
    },
  }
}

const numbersIn = (lines: readonly string[]): number[] =>
  lines.flatMap((line) => /\[-\] line (\d+) of a poem .* again$/.exec(line)?.[1] ?? []).map(Number)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

test('a full disk costs the lines it has no room for, which are counted on the way back', async (t) => {
  const disk = tempDir(t)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk]).status !== 0) {
    return t.skip('a small disk can be mounted by root only')
  }
  try {
    const { pid, chat, lines, stop } = await chatter(t, disk, [], 300)
    const ballast = join(disk, 'ballast')
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(300_000)), { code: 'ENOSPC' })
    await chat()
    await chat()
    assert.ok(isAlive(pid))
    rmSync(ballast)
    await chat()
    await stop()
    const found = numbersIn(lines())
    const said = lines().flatMap(
      (line) => /(\d+) log lines? w(?:as|ere) lost: (.*)/.exec(line) ?? [],
    )
    assert.equal(said.length, 3, 'said once')
    assert.equal(said[2], 'no space left on device')
    assert.equal(found.length + Number(said[1]), 1200)
    assert.deepEqual(found.slice(0, 300), upTo(300))
    assert.deepEqual(found.slice(-300), upTo(1200).slice(-300))
  } finally {
    spawnSync('umount', ['-l', disk])
  }
})

test('a log that is moved away is followed until SIGUSR1 opens a new one', async (t) => {
  const { pid, directory, logfile, chat, lines, stop } = await chatter(t, tempDir(t), [], 50)
  const moved = join(directory, 'moved')
  renameSync(logfile, moved)
  await chat()
  assert.ok(!existsSync(logfile))
  process.kill(pid, 'SIGUSR1')
  await waitFor(logfile, () => (existsSync(logfile) ? true : undefined))
  await chat()
  await stop()
  assert.deepEqual(numbersIn(lines(moved)), upTo(150))
  assert.deepEqual(numbersIn(readFileSync(moved, 'utf8').split('\n')), upTo(100))
  assert.deepEqual(readdirSync(directory).sort(), ['moved', 'runner.log'])
})

test('a log that logrotate has replaced is written at once, and SIGUSR1 rotates it no further', async (t) => {
  const { pid, directory, logfile, chat, lines, stop } = await chatter(t, tempDir(t), [], 50)
  const moved = join(directory, 'moved')
  renameSync(logfile, moved)
  writeFileSync(logfile, '')
  await chat()
  process.kill(pid, 'SIGUSR1')
  await chat()
  await stop()
  assert.deepEqual(numbersIn(lines(moved)), upTo(150))
  assert.deepEqual(readdirSync(directory).sort(), ['moved', 'runner.log'])
})

test('a log that is deleted is there again after SIGUSR1, and another SIGUSR1 rotates it', async (t) => {
  const { pid, logfile, chat, lines, stop } = await chatter(t, tempDir(t), [], 50)
  rmSync(logfile)
  await chat()
  process.kill(pid, 'SIGUSR1')
  await waitFor(logfile, () => (existsSync(logfile) ? true : undefined))
  await chat()
  process.kill(pid, 'SIGUSR1')
  await waitFor(logfile, () => (existsSync(`${logfile}.1`) ? true : undefined))
  await stop()
  assert.deepEqual(numbersIn(lines()), upTo(150).slice(100))
})

test('a directory gone read-only has the log grow, said once, and rotated when it can be again', async (t) => {
  const directory = tempDir(t)
  const logs = join(directory, 'logs')
  mkdirSync(logs)
  chmodSync(directory, 0o755)
  if (isRoot) chownSync(logs, NOBODY, NOBODY)
  // Root may write anywhere, so it is somebody else's; the directory is that user's own.
  const args = isRoot ? ['-u', 'nobody', '--umask', '022'] : []
  const { logfile, chat, lines, stop } = await chatter(t, logs, args, 500)
  await chat()
  const before = readdirSync(logs).length
  assert.ok(before > 2)
  chmodSync(logs, 0o555)
  await chat()
  await chat()
  assert.equal(readdirSync(logs).length, before)
  chmodSync(logs, 0o755)
  await chat()
  assert.ok(readdirSync(logs).length > before)
  await stop()
  assert.deepEqual(numbersIn(lines()), upTo(2500))
  const said = lines().filter((line) => line.includes('cannot'))
  assert.equal(said.length, 1)
  assert.match(said[0]!, /cannot rotate log .*: permission denied; it goes on growing$/)
  assert.ok(existsSync(logfile))
})

test('without a descriptor to spare no line is lost, and what is due is done once there is one', async (t) => {
  const { pid, directory, logfile, chat, lines, log, stop } = await chatter(t, tempDir(t), [], 500)
  const saysThat = (text: string) =>
    waitFor(logfile, () => (log().includes(text) ? true : undefined))
  const limit = spawnSync('prlimit', ['--pid', String(pid), '--nofile=100:4096'])
  if (limit.status !== 0) return t.skip('needs prlimit')
  process.kill(pid, 'SIGWINCH')
  await saysThat('no descriptor is left')
  // One is due by size, one by the signal, and neither can be done.
  await chat()
  process.kill(pid, 'SIGUSR1')
  await chat()
  const before = readdirSync(directory).length
  await chat()
  assert.equal(readdirSync(directory).length, before)
  process.kill(pid, 'SIGIO')
  await waitFor(logfile, () =>
    lines().some((line) => line.includes('are back')) ? true : undefined,
  )
  await chat()
  await stop()
  assert.ok(readdirSync(directory).length > before)
  assert.deepEqual(numbersIn(lines()), upTo(2500))
  const said = lines().filter((line) => line.includes('cannot'))
  assert.equal(said.length, 1)
  assert.match(said[0]!, /cannot rotate log .*: too many open files; it goes on growing$/)
})

test('a SIGUSR1 that comes when there is no descriptor is made good once there is one', async (t) => {
  const args = ['--log-max-size', '0']
  const { pid, logfile, chat, lines, log, stop } = await chatter(t, tempDir(t), args, 5)
  const limit = spawnSync('prlimit', ['--pid', String(pid), '--nofile=100:4096'])
  if (limit.status !== 0) return t.skip('needs prlimit')
  process.kill(pid, 'SIGWINCH')
  await waitFor(logfile, () => (log().includes('no descriptor is left') ? true : undefined))
  process.kill(pid, 'SIGUSR1')
  await waitFor(logfile, () => (log().includes('cannot rotate') ? true : undefined))
  await chat()
  assert.ok(!existsSync(`${logfile}.1`))
  process.kill(pid, 'SIGIO')
  // It is done when the next line finds that it can be, 10 ms after the last look or more.
  let count = 10
  while (!existsSync(`${logfile}.1`)) {
    await chat()
    count += 5
  }
  await stop()
  assert.deepEqual(numbersIn(lines()), upTo(count))
})
