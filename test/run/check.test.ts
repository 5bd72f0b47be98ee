import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { below, told } from '../helpers/checked.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { runnerBin } from '../helpers/paths.ts'
import { type Reloadable, writePlugin } from '../helpers/reloadable.ts'
import { noRsyslog, startRsyslog, withoutSyslog } from '../helpers/rsyslog.ts'
import { daemon, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const isRoot = process.getuid?.() === 0
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const long = 'x'.repeat(250)

const LOGGERS = `
export function throws() { throw new Error('no logger') }
export async function rejects() { throw new Error('none yet') }
export const five = 5
export const observer = (event) => {}
`

/** A directory with all that the rows of the table name, some of it out of nobody's reach. */
function prepare(t: TestContext, plugin: Reloadable = {}): string {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  writePlugin(cwd, plugin)
  writeFileSync(join(cwd, 'loggers.mjs'), LOGGERS)
  writeFileSync(join(cwd, 'broken.mjs'), "throw new Error('not loadable')")
  writeFileSync(join(cwd, 'garbage'), 'no pid')
  mkdirSync(join(cwd, 'dir'))
  mkdirSync(join(cwd, 'closed'), { mode: 0o700 })
  mkdirSync(join(cwd, 'open'))
  chmodSync(join(cwd, 'open'), 0o777)
  symlinkSync('missing', join(cwd, 'open', 'dangling'))
  symlinkSync('missing/x.log', join(cwd, 'dangling'))
  writeFileSync(
    join(cwd, 'someone.tac.mjs'),
    `import { Application } from 'runnerd'
    export const application = new Application('someone', 0, 0)`,
  )
  return cwd
}

interface Row {
  readonly args: readonly string[]
  readonly plugin?: Reloadable
  readonly command?: (t: TestContext) => readonly string[]
  /** What is to run; the plugin if left out. */
  readonly what?: readonly string[]
  readonly skip?: string | false
  /** What has to be so first. */
  readonly before?: (t: TestContext) => Promise<void>
  readonly status: number
  readonly line: RegExp
}

const asNobody = {
  command: () => [...nobody, process.execPath, runnerBin],
  skip: isRoot ? false : 'needs root',
} as const
const inOpen = ['-l', 'open/x.log', '--pidfile', 'open/x.pid']
const needsRoot = { skip: isRoot ? false : 'needs root' } as const
const noDaemon = { skip: noRsyslog ?? false, before: withoutSyslog } as const
const noKoffi = { command: withoutKoffi } as const
const throws: Reloadable = { inMakeService: "throw new Error('no service')" }
const of = (args: string, status: number, line: RegExp, more: Partial<Row> = {}): Row => ({
  args: args === '' ? [] : args.split(' '),
  status,
  line,
  ...more,
})

const failures: readonly Row[] = [
  of('--logger ./no.mjs#x', 64, /cannot use logger .*no such file$/),
  of('--logger nosuch#x', 64, /no such package on the module path$/),
  of('--logger loggers.mjs', 64, /needs MODULE#EXPORT/),
  of('--logger broken.mjs#x', 64, /cannot use logger .*: not loadable$/),
  of('--logger loggers.mjs#x', 64, /it does not export x$/),
  of('--logger loggers.mjs#throws', 64, /: no logger$/),
  of('--logger loggers.mjs#rejects', 64, /: none yet$/),
  of('--logger loggers.mjs#five', 64, /it is no winston transport/),
  of('-n --logger loggers.mjs#throws', 64, /: no logger$/),
  of('--workers 2 --logger loggers.mjs#throws', 64, /: no logger$/),
  of('-l missing/x.log', 73, /cannot open log .*: no such file or directory$/),
  of('-l garbage/x.log', 73, /cannot open log .*: not a directory$/),
  of('-l dir', 73, /cannot open log .*: illegal operation on a directory$/),
  of('-l dangling', 73, /cannot open log .*: no such file or directory$/),
  of(`-l ${long}${long}`, 73, /cannot open log .*: name too long$/),
  of('-n -l missing/x.log', 73, /cannot open log/),
  of('', 77, /cannot open log .*: permission denied$/, asNobody),
  of('-l garbage', 77, /cannot open log .*: permission denied$/, asNobody),
  of('-p missing/x', 73, /cannot write profile .*: no such file or directory$/),
  of('-p dir', 73, /cannot write profile .*: illegal operation on a directory$/),
  of('-n -p garbage/x', 73, /cannot write profile .*: not a directory$/),
  of(`${inOpen.join(' ')} -p x`, 77, /cannot write profile .*: permission denied$/, asNobody),
  of('--pidfile missing/x', 73, /cannot write pid file .*: no such directory$/),
  of('--pidfile garbage/x', 78, /cannot read pid file .*: not a directory$/),
  of(`--pidfile ${long}`, 73, /cannot write pid file .*: ENAMETOOLONG$/),
  of('--pidfile dir', 78, /cannot read pid file .*: not a file$/),
  of('--pidfile garbage', 78, /cannot read pid file .*: it contains no process id$/),
  of('--pidfile open/dangling', 78, /cannot read pid file .*: a link that leads nowhere$/),
  of('-n --pidfile open/dangling', 78, /cannot read pid file .*: a link that leads nowhere$/),
  of('-n --pidfile dir', 78, /cannot read pid file .*: not a file$/),
  of('--workers 2 --pidfile missing/x', 73, /cannot write pid file/, { plugin: throws }),
  of('-l open/x.log', 77, /cannot write pid file .*: permission denied$/, asNobody),
  of('--syslog', 69, /cannot log to syslog: .*: no such file or directory$/, noDaemon),
  of('--syslog', 69, /cannot log to syslog: koffi is not installed$/, noKoffi),
  of('--syslog --prefix a:b', 64, /option --prefix needs/),
  of('--chroot missing', 66, /cannot change root to missing: no such directory$/),
  of('--chroot garbage', 66, /cannot change root to garbage: not a directory$/),
  of('--chroot dir -d sub', 66, /cannot run in \/sub: no such directory$/, needsRoot),
  of('--chroot dir --pidfile no/x', 73, /cannot write pid file \/no\/x: no such/, needsRoot),
  of('--chroot dir', 69, /cannot change root to .*: koffi is not installed$/, noKoffi),
  of(`--chroot open -l open/x`, 77, /cannot change root to .*: operation not perm/, asNobody),
  of('--uid nosuch', 64, /cannot run as user nosuch: no such user$/),
  of('--gid nosuch', 64, /cannot run as group nosuch: no such group$/),
  of('--uid 4294967295', 64, /--uid needs a number of at most/),
  of(`${inOpen.join(' ')} --uid root`, 77, /cannot set uid\/gid 0\/0/, asNobody),
  of(`${inOpen.join(' ')} --euid --uid root`, 77, /cannot set euid\/egid 0\/0/, asNobody),
  of(`${inOpen.join(' ')} --workers 2 --uid root`, 77, /cannot set uid\/gid 0\/0/, asNobody),
  of(inOpen.join(' '), 77, /cannot set uid\/gid 0\/0/, {
    ...asNobody,
    what: ['--tac', 'someone.tac.mjs'],
  }),
  of('-d missing', 66, /cannot run in missing: no such directory$/),
  of('-d garbage', 66, /cannot run in garbage: not a directory$/),
  of(`${inOpen.join(' ')} -d closed`, 77, /cannot run in .*: permission denied$/, asNobody),
  of('--umask 9', 64, /option --umask needs an octal number/),
  of('--umask 1777', 64, /option --umask needs an octal number/),
  of('--workers none', 64, /option --workers needs/),
  of('--workers 2 --debug', 64, /cannot use --debug with --workers/),
  of('--workers 2 -p x', 64, /cannot use --profile with --workers/),
  of('--workers 2 --chroot dir', 64, /cannot use --chroot with --workers/),
  of('--workers 2', 70, /cannot load told: no service$/, { plugin: throws }),
  of('', 70, /cannot load told: no service$/, { plugin: throws }),
  of('', 70, /cannot load told: gone$/, {
    plugin: {
      inMakeService: `setImmediate(() => {
          throw Object.assign(new Error('gone'), { code: 'ENOENT' })
        })
        return new Promise(() => {})`,
    },
  }),
  of('', 70, /cannot start told: it exited with status 3 before it was ready$/, {
    plugin: { inMakeService: 'process.exit(3)' },
  }),
  of('--start-timeout 1.5', 75, /cannot start told: not ready within 1.5 seconds$/, {
    plugin: { inMakeService: 'return new Promise(() => {})' },
  }),
  of('', 64, /cannot run told: option --more is required$/, { plugin: { needs: ['more'] } }),
  // What a run would meet first is what it says.
  of('--logger loggers.mjs#throws --pidfile dir', 78, /cannot read pid file/),
  of('-n --logger loggers.mjs#throws --pidfile dir', 64, /: no logger$/),
  of('--logger loggers.mjs#observer -l missing/x -p dir', 73, /cannot write profile/),
  of('--pidfile missing/x', 70, /cannot load told: no service$/, { plugin: throws }),
]

describe('runner check says what the run says, with its status, and makes nothing', {
  concurrency: 2,
}, () => {
  for (const row of failures) {
    const { args, plugin, command, what = ['told'], skip = false, status, line } = row
    const title = [...args, ...what].join(' ').replaceAll(long, '…')
    const how = command === undefined ? '' : command === withoutKoffi ? ', no koffi' : ', nobody'
    test(`${status} of ${title}: ${line.source}${how}`, { skip }, async (t) => {
      await row.before?.(t)
      const cwd = prepare(t, plugin)
      const at = command === undefined ? { cwd } : { cwd, command: command(t) }
      const before = below(cwd)
      const checked = await runner(['check', ...args, ...what], at)
      assert.deepEqual(below(cwd), before)
      assert.match(told(checked)[0] ?? '', line)
      assert.deepEqual([checked.status, checked.stdout], [status, ''])
      const ran = await runner([...args, ...what], at)
      assert.equal(ran.status, status)
      assert.deepEqual(told(checked), told(ran))
    })
  }
})

describe('runner check passes what would run, and makes nothing', { concurrency: 2 }, () => {
  const passes: readonly [args: string, before?: (cwd: string) => void][] = [
    ['-l new.log -p new.profile --pidfile new.pid'],
    ['-n --debug'],
    ['--logger loggers.mjs#observer'],
    ['-l garbage -p loggers.mjs'],
    ['-l /dev/null -p /dev/null'],
    ['-l fifo', (cwd) => void spawnSync('mkfifo', [join(cwd, 'fifo')])],
    ['-l open/dangling'],
    ['--pidfile stale', (cwd) => writeFileSync(join(cwd, 'stale'), '4194304')],
    ['--workers 2 --rundir dir'],
    ...(noOtherUser === false
      ? ([
          ['--chroot dir --rundir / --uid nobody'],
          ['--uid nobody --pidfile closed/x -l closed/x.log'],
        ] as [string][])
      : []),
  ]
  for (const [args, before = () => {}] of passes) {
    test(args, async (t) => {
      const cwd = prepare(t)
      before(cwd)
      const there = below(cwd)
      const { status, stdout, stderr } = await runner(['check', ...args.split(' '), 'told'], {
        cwd,
      })
      assert.deepEqual([status, stdout, stderr], [0, '', ''])
      assert.deepEqual(below(cwd), there)
    })
  }

  test('beside the daemon that runs, whose pid file is no fault', async (t) => {
    const cwd = prepare(t)
    const { pid, log } = await daemon(t, ['told'], { cwd })
    const [there, logged] = [below(cwd), log()]
    const checked = await runner(['check', 'told'], { cwd })
    assert.deepEqual([checked.status, checked.stderr], [0, ''])
    assert.deepEqual([below(cwd), log()], [there, logged])
    assert.ok(isAlive(pid))
    const ran = await runner(['told'], { cwd })
    assert.equal(ran.status, 75)
  })

  test('--syslog with a daemon that listens, which gets no line', {
    skip: noRsyslog ?? false,
  }, async (t) => {
    const cwd = prepare(t)
    const rsyslog = await startRsyslog(t)
    const checked = await runner(['check', '--syslog', '--prefix', 'checked', 'told'], { cwd })
    assert.deepEqual([checked.status, checked.stderr], [0, ''])
    // What is logged after it would stand after it.
    spawnSync('logger', ['-t', 'after', 'it'])
    await rsyslog.line(/after/)
    assert.doesNotMatch(readFileSync(rsyslog.file, 'utf8'), /checked/)
  })
})

test('a foreground run that its plugin ends is checked with its status, and never with 0', async (t) => {
  for (const [status, checkedAs] of [
    [3, 3],
    [0, 70],
  ] as const) {
    const cwd = prepare(t, { inMakeService: `process.exit(${status})` })
    const checked = await runner(['check', '-n', 'told'], { cwd })
    assert.equal(checked.status, checkedAs)
    assert.deepEqual(told(checked), ['runner: cannot load told: it ended the process'])
    assert.equal((await runner(['-n', 'told'], { cwd })).status, status)
  }
})

test("runner's options may stand before check and after it", async (t) => {
  const cwd = prepare(t)
  const before = below(cwd)
  for (const [args, status, stderr] of [
    ['--log-max-size 5 check told', 0, /^$/],
    ['--pidfile x check told', 0, /^$/],
    ['--pidfile x check --log-max-size 5 told', 0, /^$/],
    ['-n check told --port 1', 0, /^$/],
    ['--tac someone.tac.mjs check', 0, /^$/],
    ['--pidfile dir check told', 78, /cannot read pid file .*dir: not a file/],
    ['--pidfile x check nobody', 64, /cannot find plugin nobody/],
    ['--pidfile x check', 64, /cannot run: no plugin named/],
    ['--pidfile x check told --nosuch', 64, /cannot run told: .*nosuch/],
  ] as const) {
    const checked = await runner(args.split(' '), { cwd })
    assert.match(checked.stderr, stderr, args)
    assert.equal(checked.status, status, args)
  }
  for (const args of ['check --help', '--pidfile x check --help', 'check --pidfile x --help']) {
    const { status, stdout } = await runner(args.split(' '), { cwd })
    assert.match(stdout, /^Usage: runner check /, args)
    assert.equal(status, 0)
  }
  assert.deepEqual(below(cwd), before)
})

test('a verb is not checked, and above all not obeyed', async (t) => {
  const cwd = prepare(t)
  const { pid } = await daemon(t, ['told'], { cwd })
  for (const args of ['check stop', 'check reload', '--pidfile runner.pid check stop']) {
    const checked = await runner(args.split(' '), { cwd })
    assert.match(checked.stderr, /^runner: cannot check (stop|reload): it is no plugin\nhint: /)
    assert.equal(checked.status, 64)
  }
  assert.equal((await runner(['check', 'plugins', 'refresh'], { cwd })).status, 64)
  assert.ok(isAlive(pid))
})
