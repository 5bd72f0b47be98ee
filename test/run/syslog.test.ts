import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { noRsyslog, startRsyslog, withoutSyslog } from '../helpers/rsyslog.ts'
import { cleanEnv, daemon, runner, startRunner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const skip = noRsyslog ?? false

/** The numbers of the lines that the probe fills a log with. */
function numbersIn(lines: readonly string[]): number[] {
  return lines.flatMap((line) => /line \.*(\d+)$/.exec(line)?.[1] ?? []).map(Number)
}

test('a daemon with --syslog logs to rsyslog and to no file', { skip }, async (t) => {
  const cwd = tempDir(t)
  const rsyslog = await startRsyslog(t)
  const args = ['--syslog', 'probe', '--say', 'one\ntwo', '--warn', 'warned']
  const { pid, stop } = await daemon(t, args, { cwd, env })
  await stop()
  await rsyslog.line(/Server Shut Down/)
  const lines = rsyslog.lines()
  const tag = `runner[${pid}]:`
  assert.equal(
    lines.find((line) => line.includes('Log opened')),
    `user.info|${tag}| [-] Log opened.`,
  )
  const at = lines.indexOf(`user.info|${tag}| [-] one`)
  // A tab of its own would be a part of the text; rsyslog writes it so.
  assert.equal(lines[at + 1], `user.info|${tag}| #011two`)
  assert.ok(lines.includes(`user.err|${tag}| [stderr#error] warned`))
  assert.ok(!existsSync(join(cwd, 'runner.log')))
})

test('--prefix is the name of the lines, in the foreground too', { skip }, async (t) => {
  const cwd = tempDir(t)
  const rsyslog = await startRsyslog(t)
  const args = ['-n', '--syslog', '--prefix', 'poet', 'probe', '--exit', 'start:b']
  const { stdout, stderr } = await runner(args, { cwd, env })
  await rsyslog.line(/^user\.info\|poet\[\d+\]:\| \[-\] Log opened\.$/)
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' })
})

test('in another root and as another user lines still reach rsyslog', { skip }, async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'jail'))
  const rsyslog = await startRsyslog(t)
  const args = ['-n', '--syslog', '--chroot', 'jail', '--pidfile=', '-u', 'nobody', 'probe']
  const running = startRunner(args, { cwd, env })
  await rsyslog.line(/all up/)
  running.child.kill('SIGTERM')
  await running.ended
  await rsyslog.line(/Server Shut Down/)
})

test('12,000 lines at once all reach rsyslog, in order', { skip }, async (t) => {
  const cwd = tempDir(t)
  const rsyslog = await startRsyslog(t)
  const { pid, stop } = await daemon(t, ['--syslog', 'probe'], { cwd, env })
  process.kill(pid, 'SIGURG')
  await rsyslog.line(/line \.*11999$/)
  await stop()
  await rsyslog.line(/Server Shut Down/)
  assert.deepEqual(
    numbersIn(rsyslog.lines()),
    Array.from({ length: 12_000 }, (_, i) => i),
  )
})

test('when rsyslog was away, what was lost is counted and said once', { skip }, async (t) => {
  const cwd = tempDir(t)
  const rsyslog = await startRsyslog(t)
  const args = ['--syslog', 'probe', '--trace', 'trace']
  const { pid, stop } = await daemon(t, args, { cwd, env })
  await rsyslog.line(/all up/)
  await rsyslog.stop()
  process.kill(pid, 'SIGURG')
  const trace = join(cwd, 'trace')
  await waitFor(trace, () => (/filled/.test(readFileSync(trace, 'utf8')) ? true : undefined))
  await rsyslog.start()
  await stop()
  await rsyslog.line(/Server Shut Down/)
  const said = rsyslog.lines().filter((line) => line.includes('lost'))
  assert.equal(said.length, 1)
  assert.match(said[0] as string, /^user\.err\|runner\[\d+\]:\| \[-\] 12000 log lines were lost: /)
  await rsyslog.line(/Received SIGTERM/)
})

test('a syslog daemon that hangs holds up nobody for long', { skip }, async (t) => {
  const cwd = tempDir(t)
  const rsyslog = await startRsyslog(t)
  const args = ['--syslog', 'probe', '--trace', 'trace']
  const { pid, stop } = await daemon(t, args, { cwd, env })
  await rsyslog.line(/all up/)
  rsyslog.signal('SIGSTOP')
  process.kill(pid, 'SIGURG')
  const trace = join(cwd, 'trace')
  await waitFor(trace, () => (/filled/.test(readFileSync(trace, 'utf8')) ? true : undefined))
  rsyslog.signal('SIGCONT')
  // What comes after the rest of the lines says that there is room again.
  spawnSync('logger', ['-t', 'mark', 'taken'])
  await rsyslog.line(/mark:\|.*taken/)
  await stop()
  await rsyslog.line(/Server Shut Down/)
  const text = rsyslog.lines().join('\n')
  const lost = Number(
    / (\d+) log lines? w(?:as|ere) lost: resource temporarily unavailable/.exec(text)?.[1],
  )
  assert.equal(numbersIn(rsyslog.lines()).length + lost, 12_000)
})

test('without a syslog daemon --syslog is refused with 69', { skip }, async (t) => {
  await withoutSyslog(t)
  const cwd = tempDir(t)
  const { status, stdout, stderr } = await runner(['--syslog', 'probe'], { cwd, env })
  assert.equal(status, 69)
  assert.equal(stdout, '')
  assert.equal(
    stderr,
    'runner: cannot log to syslog: /dev/log: no such file or directory\n' +
      'hint: is a syslog daemon running?\n',
  )
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('without koffi --syslog is refused with 69, and says what to install', async (t) => {
  const cwd = tempDir(t)
  const options = { cwd, env, command: withoutKoffi(t) }
  const { status, stderr } = await runner(['--syslog', 'probe'], options)
  assert.equal(status, 69)
  const line = 'runner: cannot log to syslog: koffi is not installed\nhint: npm install koffi\n'
  assert.equal(stderr, line)
})

test('a --prefix that syslog would take apart is refused', async (t) => {
  const cwd = tempDir(t)
  for (const prefix of ['', 'two words', 'a:b', 'a[1]']) {
    const { status, stderr } = await runner(['--syslog', `--prefix=${prefix}`, 'probe'], {
      cwd,
      env,
    })
    assert.equal(status, 64)
    assert.match(stderr, /option --prefix needs a name without spaces, colons and brackets, not "/)
  }
})

for (const isTheJournal of [true, false]) {
  const title = isTheJournal
    ? 'a foreground log that the journal reads has the level of each line'
    : 'a foreground log that the journal does not read has no levels'
  test(title, async (t) => {
    const cwd = tempDir(t)
    const path = join(cwd, 'out')
    const fd = openSync(path, 'w')
    const { dev, ino } = statSync(path, { bigint: true })
    const stream = `${dev}:${isTheJournal ? ino : ino + 1n}`
    const args = [runnerBin, '-n', 'probe', '--warn', 'one\ntwo', '--exit', 'start:b']
    const child = spawn(process.execPath, args, {
      cwd,
      env: cleanEnv(cwd, { ...env, JOURNAL_STREAM: stream }),
      stdio: ['ignore', fd, 'inherit'],
    })
    await once(child, 'exit')
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const levels = lines.map((line) => /^<\d>/.exec(line)?.[0])
    if (!isTheJournal) return assert.ok(levels.every((level) => level === undefined))
    assert.match(lines[0] as string, /^<6>\d{4}-\S+ \[-\] Log opened\.$/)
    assert.ok(lines.some((line) => /^<3>\S+ \[stderr#error\] two$/.test(line)))
    assert.ok(levels.every((level) => level === '<6>' || level === '<3>'))
  })
}
