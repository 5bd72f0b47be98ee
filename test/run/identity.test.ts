import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { cleanEnv, daemon, gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { keepersOf } from './conformance/processes.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const NOBODY = 65534
const skip = noOtherUser

function idsOf(pid: number): { uid: number[]; gid: number[]; groups: string } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const numbers = (name: string): number[] =>
    (new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).map(Number)
  const groups = /^Groups:[ \t]*(.*)$/m.exec(status)?.[1]?.trim() ?? ''
  return { uid: numbers('Uid'), gid: numbers('Gid'), groups }
}

/** The directory is root's, and the trace file anyone's. */
function rootsDir(t: Parameters<typeof tempDir>[0]): string {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  mkdirSync(join(cwd, 'open'), { mode: 0o777 })
  chmodSync(join(cwd, 'open'), 0o777)
  writeFileSync(join(cwd, 'open', 'trace'), '')
  chmodSync(join(cwd, 'open', 'trace'), 0o666)
  return cwd
}

test('privileges are shed between the privileged start and the start', { skip }, async (t) => {
  const cwd = rootsDir(t)
  const args = ['--umask', '0', '-u', 'nobody', 'probe', '--trace', 'open/trace']
  const { pid, log } = await daemon(t, args, { cwd, env })
  const { uid, gid, groups } = idsOf(pid)
  assert.deepEqual(uid, [NOBODY, NOBODY, NOBODY, NOBODY])
  assert.deepEqual(gid, [NOBODY, NOBODY, NOBODY, NOBODY])
  assert.ok(groups === '' || groups === String(NOBODY), groups)
  const trace = readFileSync(join(cwd, 'open', 'trace'), 'utf8')
  assert.match(trace, /^priv a uid=0 /m)
  assert.match(trace, /^start a uid=65534 /m)
  assert.match(log(), /set uid\/gid 65534\/65534/)
})

test('a Node that changes no ids is said to, and nothing is given away', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
}, async (t) => {
  const cwd = rootsDir(t)
  writeFileSync(
    join(cwd, 'refuse.cjs'),
    `for (const name of ['initgroups', 'setgroups', 'setegid', 'seteuid', 'setgid', 'setuid'])
      process[name] = () => {
        throw Object.assign(new Error(name + '() disabled'), { code: 'ERR_INVALID_STATE' })
      }
    `,
  )
  const refusing = { ...env, NODE_OPTIONS: `--require ${join(cwd, 'refuse.cjs')}` }
  for (const words of [['check'], []]) {
    const args = [...words, '--uid', 'nobody', 'probe']
    const { status, stderr } = await runner(args, { cwd, env: refusing })
    const reason = 'cannot set uid/gid 65534/65534: this Node refuses to, for CVE-2024-22017'
    const hint = "hint: Debian 13's own does, that of nodejs.org doesn't"
    assert.deepEqual([status, stderr], [77, `runner: ${reason}\n${hint}\n`])
  }
  assert.equal(statSync(join(cwd, 'runner.log')).uid, 0)
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('--gid alone changes the group and leaves the user', { skip }, async (t) => {
  const cwd = rootsDir(t)
  const { pid, stop } = await daemon(t, ['-g', 'nogroup', 'probe'], { cwd, env })
  assert.deepEqual(idsOf(pid).uid, [0, 0, 0, 0])
  assert.deepEqual(idsOf(pid).gid, [NOBODY, NOBODY, NOBODY, NOBODY])
  await stop()
})

test('--euid sheds the effective user only', { skip }, async (t) => {
  const cwd = rootsDir(t)
  const args = ['--euid', '-u', 'nobody', '-g', 'nogroup', 'probe']
  const { pid, pidfile, log, stop } = await daemon(t, args, { cwd, env })
  assert.deepEqual(idsOf(pid).uid, [0, NOBODY, 0, NOBODY])
  assert.deepEqual(idsOf(pid).gid, [0, NOBODY, 0, NOBODY])
  assert.match(log(), /set euid\/egid 65534\/65534/)
  await stop()
  await waitFor(pidfile, () => (existsSync(pidfile) ? undefined : true))
})

for (const [name, prepare] of [
  ['a directory of root’s', () => {}],
  ['a directory of the new user’s', (cwd: string) => chownSync(cwd, NOBODY, NOBODY)],
  ['a directory with the sticky bit', (cwd: string) => chmodSync(cwd, 0o1777)],
] as const) {
  test(`after shedding, the log rotates and the pid file goes, in ${name}`, { skip }, async (t) => {
    const cwd = rootsDir(t)
    prepare(cwd)
    const args = ['-u', 'nobody', 'probe']
    const { pid, pidfile, logfile, log, stop } = await daemon(t, args, { cwd, env })
    process.kill(pid, 'SIGURG')
    await waitFor(logfile, () => (/line \.*11999\n/.test(log()) ? true : undefined))
    assert.ok(statSync(`${logfile}.1`).size >= 1_000_000)
    assert.equal(statSync(logfile).uid, NOBODY)
    await stop()
    await waitFor(pidfile, () => (existsSync(pidfile) ? undefined : true))
    const lines = [`${logfile}.1`, logfile].map((file) => readFileSync(file, 'utf8')).join('')
    const numbers = [...lines.matchAll(/line \.*(\d+)$/gm)].map((match) => Number(match[1]))
    assert.deepEqual(
      numbers,
      Array.from({ length: 12_000 }, (_, i) => i),
    )
    assert.match(lines, /Server Shut Down\.\n$/)
  })
}

test('after shedding, the keeper removes the oldest logs in a directory of root’s', {
  skip,
}, async (t) => {
  const cwd = rootsDir(t)
  const args = ['-u', 'nobody', '--log-max-size', '100k', '--log-max-files', '2', 'probe']
  const { pid, logfile, log, stop } = await daemon(t, args, { cwd, env })
  writeFileSync(`${logfile}.1.gz`, 'compressed')
  process.kill(pid, 'SIGURG')
  await waitFor(logfile, () => (/line \.*11999\n/.test(log()) ? true : undefined))
  await stop()
  const names = readdirSync(cwd).filter((name) => name.startsWith('runner.log.'))
  assert.equal(names.length, 3)
  assert.ok(names.includes('runner.log.1.gz'))
  assert.doesNotMatch(log(), /cannot/)
  const kept = names.filter((name) => /\d$/.test(name)).map((name) => Number(name.split('.').pop()))
  assert.ok(Math.min(...kept) > 10, `${kept}`)
})

test('a log that is a device stays whose it is', { skip }, async (t) => {
  const cwd = rootsDir(t)
  const device = join(cwd, 'null')
  execFileSync('mknod', [device, 'c', '1', '3'])
  const { pid } = await daemon(t, ['-l', device, '-u', 'nobody', 'probe'], { cwd, env })
  assert.equal(statSync(device).uid, 0)
  assert.deepEqual(idsOf(pid).uid, [NOBODY, NOBODY, NOBODY, NOBODY])
})

test('a log behind a link is rotated where it is, by the keeper', { skip }, async (t) => {
  const cwd = rootsDir(t)
  mkdirSync(join(cwd, 'logs'))
  chmodSync(join(cwd, 'logs'), 0o755)
  symlinkSync('logs/real.log', join(cwd, 'runner.log'))
  const { pid, log, stop } = await daemon(t, ['-u', 'nobody', 'probe'], { cwd, env })
  const rotated = join(cwd, 'logs', 'real.log.1')
  process.kill(pid, 'SIGUSR1')
  await waitFor(rotated, () => (existsSync(rotated) ? true : undefined))
  await stop()
  await waitFor(rotated, () => (/Server Shut Down/.test(log()) ? true : undefined))
})

test('the keeper removes the pid file of a daemon that was killed', { skip }, async (t) => {
  const cwd = rootsDir(t)
  const { pid, pidfile } = await daemon(t, ['-u', 'nobody', 'probe'], { cwd, env })
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  await waitFor(pidfile, () => (existsSync(pidfile) ? undefined : true))
})

test('runner stop returns when the keeper has removed the pid file and the control socket', {
  skip,
}, async (t) => {
  const cwd = rootsDir(t)
  const { pid, pidfile } = await daemon(t, ['-u', 'nobody', 'probe'], { cwd, env })
  const [keeper] = keepersOf(cwd) as [number]
  t.after(() => isAlive(keeper) && process.kill(keeper, 'SIGCONT'))
  process.kill(keeper, 'SIGSTOP')
  const stopped = runner(['stop'], { cwd, env })
  await gone(pid)
  const first = await Promise.race([stopped, pause(300, 'it waits')])
  process.kill(keeper, 'SIGCONT')
  assert.equal(first, 'it waits')
  assert.deepEqual([(await stopped).status, existsSync(pidfile)], [0, false])
  assert.ok(!existsSync(join(cwd, 'runner.sock')))
})

test('the keeper leaves a pid file that names another daemon by then', { skip }, async (t) => {
  const cwd = rootsDir(t)
  const { pid, pidfile } = await daemon(t, ['-u', 'nobody', 'probe'], { cwd, env })
  writeFileSync(pidfile, String(process.pid))
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  await waitFor(cwd, () => (keepersOf(cwd).length === 0 ? true : undefined))
  assert.equal(readFileSync(pidfile, 'utf8'), String(process.pid))
})

test('a user without an entry keeps no group of root: it must be named', { skip }, async (t) => {
  const cwd = rootsDir(t)
  for (const args of [
    ['-u', '54321'],
    ['--euid', '-u', '54321'],
  ]) {
    const { status, stderr } = await runner([...args, 'probe'], { cwd, env })
    const line = 'runner: cannot run as user 54321: nobody has this number, so it has no group\n'
    assert.deepEqual({ status, stderr }, { status: 64, stderr: `${line}hint: use --gid too\n` })
  }
  const { pid } = await daemon(t, ['-u', '54321', '-g', '54322', 'probe'], { cwd, env })
  const { uid, gid, groups } = idsOf(pid)
  assert.deepEqual([uid[0], gid[0], groups], [54321, 54322, '54322'])
})

for (const [args, what] of [
  [[], 'uid/gid'],
  [['--euid'], 'euid/egid'],
] as const) {
  test(`who is not root can not set another ${what}`, { skip }, async (t) => {
    const cwd = tempDir(t)
    chownSync(cwd, NOBODY, NOBODY)
    const { status, stderr } = spawnSync(
      process.execPath,
      [runnerBin, ...args, '-u', 'root', 'probe'],
      { cwd, env: cleanEnv(cwd, env), uid: NOBODY, gid: NOBODY, encoding: 'utf8' },
    )
    assert.equal(status, 77)
    const line = `runner: cannot set ${what} 0/0: operation not permitted\n`
    assert.equal(stderr, `${line}hint: are you root?\n`)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })
}

test('--euid leaves a way back to root, and -u does not', { skip }, async (t) => {
  for (const [args, isOpen] of [
    [['--euid'], true],
    [[], false],
  ] as const) {
    const cwd = rootsDir(t)
    const dropins = join(cwd, 'plugins')
    mkdirSync(dropins)
    const text = `import { defineServiceMaker, log, Service } from 'runnerd'
class Back extends Service {
  async startService() {
    try {
      process.seteuid(0)
      log.msg('is root again')
    } catch (error) {
      log.msg('is not: ' + error.code)
    }
  }
}
export const back = defineServiceMaker({ tapname: 'back', description: 'b', makeService: () => new Back() })
`
    writeFileSync(join(dropins, 'back.mjs'), text)
    const { log, stop } = await daemon(t, [...args, '-u', 'nobody', 'back'], { cwd })
    await stop()
    assert.match(log(), isOpen ? /\[-\] is root again\n/ : /\[-\] is not: EPERM\n/)
  }
})

test('--umask is the daemon’s, and 077 without one; -n leaves it alone', async (t) => {
  const cwd = tempDir(t)
  const first = await daemon(t, ['--umask', '022', 'probe'], { cwd, env })
  assert.match(readFileSync(`/proc/${first.pid}/status`, 'utf8'), /^Umask:\s+0022$/m)
  assert.equal(statSync(first.pidfile).mode & 0o777, 0o644)
  await first.stop()
  const trace = ['probe', '--trace', 'trace', '--exit', 'start:a']
  await runner(['-n', ...trace], { cwd, env })
  const own = process.umask().toString(8)
  assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), new RegExp(`start a .* umask=${own} `))
})
