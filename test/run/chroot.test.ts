import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { cleanEnv, gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const NOBODY = 65534
const skip = process.getuid?.() === 0 ? false : 'needs root'

interface Prison {
  readonly cwd: string
  readonly jail: string
  readonly pid: number
  readonly pidfile: string
  log(file?: string): string
  stop(): Promise<void>
}

/** A directory, and one in it that is to be the root; both root's. */
function dirs(t: TestContext): { cwd: string; jail: string } {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  mkdirSync(join(cwd, 'jail', 'sub'), { recursive: true })
  return { cwd, jail: join(cwd, 'jail') }
}

/** Starts a daemon with another root; its pid file is in there. */
async function imprison(t: TestContext, args: string[], pidfile = 'runner.pid'): Promise<Prison> {
  const { cwd, jail } = dirs(t)
  mkdirSync(join(jail, 'open'))
  chmodSync(join(jail, 'open'), 0o777)
  const { status, stderr } = await runner(['--chroot', 'jail', ...args], { cwd, env })
  assert.deepEqual([status, stderr], [0, ''])
  const path = join(jail, pidfile)
  const pid = Number(readFileSync(path, 'utf8'))
  const stop = async (): Promise<void> => {
    if (isAlive(pid)) process.kill(pid, 'SIGTERM')
    await gone(pid)
  }
  t.after(stop)
  const log = (file = 'runner.log'): string => readFileSync(join(cwd, file), 'utf8')
  return { cwd, jail, pid, pidfile: path, log, stop }
}

/** Has the probe fill the log, and waits until it has. */
async function fill({ cwd, pid }: Prison, file: string): Promise<void> {
  const path = join(cwd, file)
  process.kill(pid, 'SIGURG')
  await waitFor(path, () => (/line \.*11999\n/.test(readFileSync(path, 'utf8')) ? true : undefined))
}

/** The numbers of the lines that the probe filled the log with, the rotated files' first. */
function numbersIn(path: string): number[] {
  const rotated = readdirSync(join(path, '..'))
    .filter((name) => name.startsWith(`${path.split('/').at(-1)}.`))
    .sort()
  const files = [...rotated.map((name) => join(path, '..', name)), path]
  const text = files.map((file) => readFileSync(file, 'utf8')).join('')
  return [...text.matchAll(/line \.*(\d+)$/gm)].map((match) => Number(match[1]))
}

const ALL = Array.from({ length: 12_000 }, (_, i) => i)

test('--chroot: the services see the new root, from the privileged start on', {
  skip,
}, async (t) => {
  const prison = await imprison(t, ['probe', '--trace', 'trace'])
  const { jail, pid, cwd } = prison
  assert.equal(readlinkSync(`/proc/${pid}/root`), jail)
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), jail)
  assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /^make pid=\d+ cwd=.*\n$/)
  assert.match(readFileSync(join(jail, 'trace'), 'utf8'), /^priv a uid=0 .* umask=77 cwd=\/\n/)
  assert.equal(statSync(prison.pidfile).mode & 0o777, 0o600)
  await prison.stop()
  assert.ok(!existsSync(prison.pidfile))
  assert.deepEqual(readdirSync(jail).sort(), ['open', 'sub', 'trace'])
  assert.match(prison.log(), /Server Shut Down\.\n$/)
})

test('a log outside the new root is rotated all the same, and loses no line', {
  skip,
}, async (t) => {
  const prison = await imprison(t, ['probe'])
  await fill(prison, 'runner.log')
  const log = join(prison.cwd, 'runner.log')
  assert.ok(statSync(`${log}.1`).size >= 1_000_000)
  process.kill(prison.pid, 'SIGUSR1')
  await waitFor(log, () => (existsSync(`${log}.2`) ? true : undefined))
  await prison.stop()
  assert.deepEqual(numbersIn(log), ALL)
  const files = ['runner.log.1', 'runner.log.2', 'runner.log'].map((file) => prison.log(file))
  assert.doesNotMatch(files.join(''), /cannot/)
  assert.match(prison.log(), /Server Shut Down\.\n$/)
  assert.deepEqual(
    readdirSync(prison.cwd).filter((name) => name.includes('.new')),
    [],
  )
})

test('--log-max-files holds for a log outside the new root', { skip }, async (t) => {
  const prison = await imprison(t, ['--log-max-size=100000', '--log-max-files=3', 'probe'])
  await fill(prison, 'runner.log')
  await prison.stop()
  const rotated = readdirSync(prison.cwd).filter((name) => /^runner\.log\.\d+$/.test(name))
  assert.equal(rotated.length, 3)
  const numbers = numbersIn(join(prison.cwd, 'runner.log'))
  assert.deepEqual(numbers, ALL.slice(-numbers.length))
})

for (const who of ['root', 'nobody']) {
  test(`a log inside the new root is rotated by ${who}`, {
    skip: who === 'root' ? skip : noOtherUser,
  }, async (t) => {
    const args = ['-u', who, '-l', 'jail/sub/x.log', 'probe']
    const prison = await imprison(t, args)
    await fill(prison, 'jail/sub/x.log')
    await prison.stop()
    const log = join(prison.jail, 'sub', 'x.log')
    assert.ok(statSync(`${log}.1`).size >= 1_000_000)
    assert.equal(statSync(log).uid, who === 'root' ? 0 : NOBODY)
    assert.deepEqual(numbersIn(log), ALL)
    assert.doesNotMatch(prison.log('jail/sub/x.log'), /cannot/)
    await waitFor(prison.pidfile, () => (existsSync(prison.pidfile) ? undefined : true))
  })
}

test('privileges are shed in the new root, groups and all', { skip: noOtherUser }, async (t) => {
  const args = ['-u', 'nobody', 'probe', '--trace', 'open/trace']
  const { cwd, jail } = dirs(t)
  mkdirSync(join(cwd, 'open'))
  mkdirSync(join(jail, 'open'), { mode: 0o777 })
  chmodSync(join(jail, 'open'), 0o777)
  writeFileSync(join(jail, 'open', 'trace'), '')
  chmodSync(join(jail, 'open', 'trace'), 0o666)
  const { status } = await runner(['--chroot', 'jail', ...args], { cwd, env })
  assert.equal(status, 0)
  const pidfile = join(jail, 'runner.pid')
  const pid = Number(readFileSync(pidfile, 'utf8'))
  t.after(() => gone(pid))
  const of = readFileSync(`/proc/${pid}/status`, 'utf8')
  assert.match(of, /^Uid:\s+65534\s+65534\s+65534\s+65534$/m)
  assert.match(of, /^Gid:\s+65534\s+65534\s+65534\s+65534$/m)
  assert.match(of, /^Groups:\s+65534\s*$/m)
  const trace = readFileSync(join(jail, 'open', 'trace'), 'utf8')
  assert.match(trace, /^priv a uid=0 /m)
  assert.match(trace, /^start a uid=65534 /m)
  process.kill(pid, 'SIGTERM')
  await waitFor(pidfile, () => (existsSync(pidfile) ? undefined : true))
})

test('--rundir and an absolute --pidfile are meant in the new root', { skip }, async (t) => {
  const args = ['-d', 'sub', '--pidfile', '/open/x.pid', 'probe', '--trace', 'trace']
  const { jail, pid, stop, pidfile } = await imprison(t, args, 'open/x.pid')
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), join(jail, 'sub'))
  assert.match(readFileSync(join(jail, 'sub', 'trace'), 'utf8'), / cwd=\/sub\n/)
  await stop()
  assert.ok(!existsSync(pidfile))
})

test('a second start is refused, and one after a kill succeeds', { skip }, async (t) => {
  const { cwd, jail, pid } = await imprison(t, ['probe'])
  const second = await runner(['--chroot', 'jail', 'probe'], { cwd, env })
  assert.equal(second.status, 75)
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  const third = await runner(['--chroot', 'jail', 'probe'], { cwd, env })
  assert.deepEqual([third.status, third.stderr], [0, ''])
  const now = Number(readFileSync(join(jail, 'runner.pid'), 'utf8'))
  process.kill(now, 'SIGTERM')
  await gone(now)
})

test('status and stop reach a daemon in another root, and reload is refused', {
  skip,
}, async (t) => {
  const { cwd, pid } = await imprison(t, ['probe'])
  const at = ['--pidfile', 'jail/runner.pid']
  const status = await runner([...at, 'status', '--json'], { cwd, env })
  assert.equal(status.status, 0, status.stderr)
  assert.match(status.stdout, new RegExp(`"pid": ?${pid}\\b`))
  const reload = await runner([...at, 'reload'], { cwd, env })
  assert.equal(reload.status, 69)
  const line = /^runner: cannot reload probe: its root has changed, and all .* is outside\n/
  assert.match(reload.stderr, line)
  assert.ok(isAlive(pid))
  const stop = await runner([...at, 'stop'], { cwd, env })
  assert.equal(stop.status, 0, stop.stderr)
  assert.ok(!isAlive(pid))
})

test('a profile is written outside, where it was opened', { skip }, async (t) => {
  const { cwd, stop } = await imprison(t, ['-p', 'x.cpuprofile', 'probe'])
  await stop()
  assert.ok(JSON.parse(readFileSync(join(cwd, 'x.cpuprofile'), 'utf8')).nodes.length > 0)
})

test('a port that is taken is said in the new root as outside', { skip }, async (t) => {
  const { cwd, jail } = dirs(t)
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const args = ['--chroot', 'jail', 'probe', '--port', String(port)]
  const { status, stderr } = await runner(args, { cwd, env })
  assert.equal(status, 69)
  assert.match(stderr, /^runner: cannot listen on .*address already in use/)
  assert.ok(!existsSync(join(jail, 'runner.pid')))
})

for (const [wrong, args, line, status] of [
  ['that is not there', ['--chroot', 'no'], 'cannot change root to no: no such directory', 66],
  ['that is a file', ['--chroot', 'file'], 'cannot change root to file: not a directory', 66],
  [
    'without the run directory',
    ['--chroot', 'jail', '-d', 'no'],
    'cannot run in /no: no such directory',
    66,
  ],
] as const) {
  const needsRoot = wrong.startsWith('without') ? skip : false
  test(`a new root ${wrong} is refused in one line`, { skip: needsRoot }, async (t) => {
    const { cwd, jail } = dirs(t)
    writeFileSync(join(cwd, 'file'), '')
    const ended = await runner([...args, 'probe'], { cwd, env })
    assert.equal(ended.stderr.split('\n')[0], `runner: ${line}`)
    assert.equal(ended.status, status)
    assert.ok(!existsSync(join(jail, 'runner.pid')))
  })
}

test('who is not root can not change the root', { skip }, async (t) => {
  const { cwd, jail } = dirs(t)
  chownSync(cwd, NOBODY, NOBODY)
  const { status, stderr } = spawnSync(
    process.execPath,
    [runnerBin, '-n', '--chroot', 'jail', 'probe'],
    { cwd, env: cleanEnv(cwd, env), uid: NOBODY, gid: NOBODY, encoding: 'utf8' },
  )
  assert.equal(status, 77)
  const line = `runner: cannot change root to ${jail}: operation not permitted\n`
  assert.equal(stderr, `${line}hint: are you root?\n`)
})

test('without koffi the root is not changed, and the line says what to install', {
  skip,
}, async (t) => {
  const { cwd, jail } = dirs(t)
  const options = { cwd, env, command: withoutKoffi(t) }
  const { status, stderr } = await runner(['--chroot', 'jail', 'probe'], options)
  assert.equal(status, 69)
  const line = `runner: cannot change root to ${jail}: koffi is not installed\n`
  assert.equal(stderr, `${line}hint: npm install koffi\n`)
})
