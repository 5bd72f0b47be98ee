import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { daemon, isAlive, runner, send, startRunner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

function leftovers(cwd: string): string[] {
  return readdirSync(cwd).filter((name) => name.endsWith('.tmp'))
}

test('of 100 starts at once exactly one wins', async (t) => {
  const cwd = tempDir(t)
  await runner([], { cwd, env })
  const starts = Array.from(
    { length: 100 },
    (_, i) =>
      startRunner(['--logfile', `${i}.log`, 'probe', '--trace', 'trace'], { cwd, env }).ended,
  )
  const ended = await Promise.all(starts)
  const pid = Number(readFileSync(join(cwd, 'runner.pid'), 'utf8'))
  t.after(() => send(pid, 'SIGKILL'))
  assert.equal(ended.filter(({ status }) => status === 0).length, 1)
  for (const { status, stderr } of ended.filter((each) => each.status !== 0)) {
    assert.equal(status, 75, stderr)
    assert.match(stderr, /^runner: cannot start: already running with pid \d+\n/)
  }
  assert.ok(isAlive(pid))
  assert.deepEqual(leftovers(cwd), [])
  const started = readFileSync(join(cwd, 'trace'), 'utf8').match(/^start c /gm)
  assert.equal(started?.length, 1)
})

test('a second start is refused with the pid of the first, which goes on', async (t) => {
  const cwd = tempDir(t)
  const first = await daemon(t, ['probe'], { cwd, env })
  for (const args of [['probe'], ['--nodaemon', 'probe']]) {
    const second = await runner(args, { cwd, env })
    assert.equal(second.status, 75)
    assert.match(second.stderr, new RegExp(`already running with pid ${first.pid}\n`))
  }
  assert.ok(isAlive(first.pid))
  const beside = ['--pidfile', 'other.pid', '--logfile', 'other.log', '--nodaemon', 'probe']
  const third = startRunner([...beside, '--exit', 'start:c'], { cwd, env })
  assert.equal((await third.ended).status, 7)
})

test('the pid file of a process that was killed is stale', async (t) => {
  const cwd = tempDir(t)
  const killed = await daemon(t, ['probe'], { cwd, env })
  await killed.stop('SIGKILL')
  assert.ok(existsSync(killed.pidfile))
  const next = await daemon(t, ['probe'], { cwd, env })
  assert.notEqual(next.pid, killed.pid)
  assert.match(next.log(), /Removing stale pidfile .*runner\.pid/)
})

test('a start clears away the drafts of dead processes, and of no other', async (t) => {
  const cwd = tempDir(t)
  const draftOf = (pid: number): string => join(cwd, `runner.pid.${pid}.tmp`)
  const dead = spawnSync('true').pid
  for (const pid of [dead, process.pid]) writeFileSync(draftOf(pid), '')
  await daemon(t, ['probe'], { cwd, env })
  assert.ok(!existsSync(draftOf(dead)))
  assert.ok(existsSync(draftOf(process.pid)))
})

test('a pid file that another has put in its place stays at the end', async (t) => {
  const cwd = tempDir(t)
  const { pidfile, stop } = await daemon(t, ['probe'], { cwd, env })
  writeFileSync(join(cwd, 'other'), '1')
  renameSync(join(cwd, 'other'), pidfile)
  await stop()
  assert.equal(readFileSync(pidfile, 'utf8'), '1')
})

test('a pid that now belongs to a younger process is stale', async (t) => {
  const cwd = tempDir(t)
  const other = spawn('sleep', ['60'])
  t.after(() => other.kill('SIGKILL'))
  const pidfile = join(cwd, 'runner.pid')
  writeFileSync(pidfile, String(other.pid))
  const long = new Date(Date.now() - 3_600_000)
  utimesSync(pidfile, long, long)
  const { pid } = await daemon(t, ['probe'], { cwd, env })
  assert.notEqual(pid, other.pid)
})

test('a pid that belongs to a process older than the file is respected', async (t) => {
  const cwd = tempDir(t)
  const other = spawn('sleep', ['60'])
  t.after(() => other.kill('SIGKILL'))
  writeFileSync(join(cwd, 'runner.pid'), `${other.pid}\n`)
  const { status, stderr } = await runner(['probe'], { cwd, env })
  assert.equal(status, 75)
  assert.match(stderr, new RegExp(`already running with pid ${other.pid}\n`))
  assert.equal(readFileSync(join(cwd, 'runner.pid'), 'utf8'), `${other.pid}\n`)
})

for (const garbage of ['abc', '', '0', '-1', '12 34', '99999999999999999999']) {
  test(`a pid file with ${JSON.stringify(garbage)} in it is refused and kept`, async (t) => {
    const cwd = tempDir(t)
    const pidfile = join(cwd, 'runner.pid')
    writeFileSync(pidfile, garbage)
    for (const args of [['probe'], ['--nodaemon', 'probe']]) {
      const { status, stderr } = await runner(args, { cwd, env })
      assert.equal(status, 78)
      assert.match(
        stderr,
        /^runner: cannot read pid file .*runner\.pid: it contains no process id\nhint: /,
      )
    }
    assert.equal(readFileSync(pidfile, 'utf8'), garbage)
    assert.deepEqual(leftovers(cwd), [])
  })
}

test('a directory in the place of the pid file is refused in one line', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'runner.pid'))
  const { status, stderr } = await runner(['probe'], { cwd, env })
  assert.equal(status, 78)
  assert.match(stderr, /^runner: cannot read pid file .*: not a file\n/)
})

test('a pid file in a missing directory is refused, and nothing is left', async (t) => {
  const cwd = tempDir(t)
  const { status, stderr } = await runner(['--pidfile', 'nodir/x', 'probe'], { cwd, env })
  assert.equal(status, 73)
  assert.match(stderr, /^runner: cannot write pid file .*nodir\/x: no such directory\n/)
})

test('a full disk has the start fail, and no draft of the pid file is left', async (t) => {
  const cwd = tempDir(t)
  const disk = join(cwd, 'disk')
  mkdirSync(disk)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
    return t.skip('a small disk can be mounted by root only')
  }
  try {
    const ballast = join(disk, 'ballast')
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(100_000)), { code: 'ENOSPC' })
    for (const more of [[], ['-n']]) {
      const args = [...more, '--pidfile', 'disk/runner.pid', 'probe']
      const { status, stderr, stdout } = await runner(args, { cwd, env })
      assert.equal(status, 73)
      assert.match(stderr + stdout, /cannot write pid file .*: no space left/)
      assert.deepEqual(readdirSync(disk), ['ballast'])
    }
  } finally {
    spawnSync('umount', ['-l', disk])
  }
})

test('an empty --pidfile disables it', async (t) => {
  const cwd = tempDir(t)
  const running = startRunner(['--pidfile=', '-n', 'probe', '--say', 'up'], { cwd, env })
  await running.line(/ all up\n/)
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
})

const endings: [how: string, args: string[], signal?: NodeJS.Signals][] = [
  ['SIGTERM', [], 'SIGTERM'],
  ['SIGINT', [], 'SIGINT'],
  ['SIGQUIT', [], 'SIGQUIT'],
  ['SIGUSR2', [], 'SIGUSR2'],
  ['process.exit in a service', ['--exit', 'start:c']],
  ['an error that nobody caught', [], 'SIGIO'],
  ['a tree stopped from within', [], 'SIGWINCH'],
]

for (const [how, args, signal] of endings) {
  test(`the pid file is removed at the end by ${how}`, async (t) => {
    const cwd = tempDir(t)
    const running = startRunner(['-n', 'probe', '--say', 'up', ...args], { cwd, env })
    t.after(() => running.child.kill('SIGKILL'))
    if (signal !== undefined) {
      await running.line(/ all up\n/)
      assert.equal(readFileSync(join(cwd, 'runner.pid'), 'utf8'), String(running.pid))
      running.child.kill(signal)
    }
    await running.ended
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })
}
