import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from '../helpers/control.ts'
import { fixtures } from '../helpers/paths.ts'
import { successorOf, writePlugin } from '../helpers/reloadable.ts'
import { daemon, type Ended, foreground, gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { endAll, processesWith } from './conformance/processes.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'ending') }
const UP = / all up\n/

interface Stopped extends Ended {
  /** The lines of its log from the signal on, without their times. */
  readonly lines: readonly string[]
  readonly steps: readonly string[]
}

/** Runs it in the foreground until it is up, and has it end by a signal. */
async function stopped(
  t: TestContext,
  args: readonly string[],
  options: { readonly own?: readonly string[]; readonly signal?: NodeJS.Signals } = {},
): Promise<Stopped> {
  const { own = [], signal = 'SIGTERM' } = options
  const cwd = tempDir(t)
  const running = foreground(t, [...own, 'ending', '--trace', 'trace', ...args], { cwd, env })
  await running.line(UP)
  running.child.kill(signal)
  const ended = await running.ended
  assert.ok(!existsSync(join(cwd, 'runner.pid')), 'the pid file is left')
  const all = ended.stdout.replace(/^\S+ \[-\] /gm, '')
  const lines = all.slice(all.indexOf('all up\n') + 7).split('\n')
  return { ...ended, lines: lines.filter((line) => line !== ''), steps: stepsIn(cwd) }
}

function stepsIn(cwd: string): string[] {
  const steps = readFileSync(join(cwd, 'trace'), 'utf8').trimEnd().split('\n')
  return steps.slice(steps.indexOf('started c') + 1)
}

const LAST = ['Main loop terminated.', 'Server Shut Down.']

test('those before a service that hangs are stopped, and it is named by its path', async (t) => {
  const { status, lines, steps } = await stopped(t, ['--hang', 'stop:b'], {
    own: ['--stop-timeout', '0.3'],
  })
  assert.equal(status, 70)
  assert.deepEqual(steps, ['stop c', 'stoped c', 'stop b', 'stop a', 'stoped a'])
  const late = 'Not stopped within 0.3 seconds: MultiService/b'
  assert.deepEqual(lines, ['Received SIGTERM, shutting down.', late, ...LAST])
})

test('each of several that hang is asked to stop, and named once', async (t) => {
  const { status, lines, steps } = await stopped(t, ['--hang', 'stop:b', '--hang', 'stop:c'], {
    own: ['--stop-timeout', '0.3'],
  })
  assert.equal(status, 70)
  assert.deepEqual(steps, ['stop c', 'stop b', 'stop a', 'stoped a'])
  assert.deepEqual(lines, [
    'Received SIGTERM, shutting down.',
    'Not stopped within 0.3 seconds: MultiService/c',
    'Not stopped within 0.3 seconds: MultiService/b',
    ...LAST,
  ])
})

test('a service has a shorter deadline of its own', async (t) => {
  const { status, lines, steps } = await stopped(t, ['--hang', 'stop:b', '--own', 'b:0.1'])
  assert.equal(status, 70)
  assert.deepEqual(steps, ['stop c', 'stoped c', 'stop b', 'stop a', 'stoped a'])
  const late = 'Not stopped within 0.1 seconds: MultiService/b'
  assert.deepEqual(lines, ['Received SIGTERM, shutting down.', late, ...LAST])
})

test('a daemon with a service that hangs ends too, and nothing is left', async (t) => {
  const cwd = tempDir(t)
  const args = ['--stop-timeout', '0.3', 'ending', '--trace', 'trace', '--hang', 'stop:c']
  const { stop, pidfile, log } = await daemon(t, args, { cwd, env })
  await stop()
  assert.ok(!existsSync(pidfile))
  assert.match(log(), /Not stopped within 0\.3 seconds: MultiService\/c\n/)
  assert.deepEqual(stepsIn(cwd).slice(-2), ['stop a', 'stoped a'])
})

for (const [step, undone] of [
  ['priv:b', ['undo b', 'undoed b', 'undo a', 'undoed a']],
  ['start:b', ['undo b', 'undoed b', 'undo c', 'undoed c', 'stop a', 'stoped a']],
] as const) {
  test(`a start that hangs at ${step} is given up, and what was done is undone`, async (t) => {
    const cwd = tempDir(t)
    const trace = join(cwd, 'trace')
    const args = ['--stop-timeout', '0.3', 'ending', '--trace', 'trace', '--hang', step]
    const running = foreground(t, [...args, '--say', step], { cwd, env })
    await running.line(new RegExp(`at ${step}\n`))
    running.child.kill('SIGTERM')
    const { status, stdout } = await running.ended
    assert.equal(status, 70)
    assert.match(stdout, /Not stopped within 0\.3 seconds: MultiService\/b\n/)
    const steps = readFileSync(trace, 'utf8').trimEnd().split('\n')
    assert.deepEqual(steps.slice(-undone.length), undone)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })
}

test('a start that a stop has cut short takes no further step', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd, {
    imports: "import { writeFileSync } from 'node:fs'",
    inMakeService: `
      return new Promise((resolve) => {
        process.on('SIGWINCH', () => resolve(top))
        writeFileSync('making', '')
      })`,
  })
  // Has the process end only when the time is over.
  writeFileSync(
    join(cwd, 'loggers.mjs'),
    'export const never = (_event) => new Promise(() => {})\n',
  )
  const trace = join(cwd, 'trace')
  const args = ['--stop-timeout', '1', '--logger', 'loggers.mjs#never', 'told']
  const running = foreground(t, args, { cwd, env: { RUNNER_TRACE: trace } })
  await waitFor(join(cwd, 'making'), () => existsSync(join(cwd, 'making')) || undefined)
  running.child.kill('SIGTERM')
  await waitFor(trace, () => / stop\n/.test(readFileSync(trace, 'utf8')) || undefined)
  running.child.kill('SIGWINCH')
  assert.equal((await running.ended).signal, 'SIGTERM')
  const steps = readFileSync(trace, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    steps.slice(-2).map((step) => step.replace(/^\d+ /, '')),
    ['make the application', 'stop'],
  )
})

for (const [what, args, blamed] of [
  ['a service that loops while it stops', ['--spin', 'stop:b'], /seconds: MultiService\/b\n/],
  [
    "a listener of 'exit' that loops",
    ['--hang', 'stop:b', '--atexit', 'spin'],
    /not ended: .* loops\n/,
  ],
] as const) {
  test(`${what} is ended by SIGKILL and named, and the next start succeeds`, async (t) => {
    const cwd = tempDir(t)
    const own = ['--stop-timeout', '0.3', '--logfile', 'runner.log']
    const running = foreground(t, [...own, 'ending', ...args], { cwd, env })
    const log = join(cwd, 'runner.log')
    const isUp = (): boolean => existsSync(log) && UP.test(readFileSync(log, 'utf8'))
    await waitFor(log, () => isUp() || undefined)
    running.child.kill('SIGTERM')
    assert.equal((await running.ended).signal, 'SIGKILL')
    assert.match(readFileSync(log, 'utf8'), blamed)
    assert.match(readFileSync(log, 'utf8'), / Nothing else can run\. Ending by SIGKILL\.\n$/)
    const next = await daemon(t, ['ending'], { cwd, env })
    await next.stop()
    assert.ok(!existsSync(next.pidfile))
  })
}

test('the last words of a process that loops are JSON where the log is, also since it was told so', async (t) => {
  const last = async (own: readonly string[], then: (cwd: string) => Promise<unknown>) => {
    const cwd = tempDir(t)
    const args = ['--stop-timeout', '0.3', ...own, 'ending', '--spin', 'stop:b']
    const { pid, stop, log } = await daemon(t, args, { cwd, env })
    await then(cwd)
    await stop()
    const lines = log().trimEnd().split('\n').slice(-3)
    return { pid, lines: lines.map((line) => JSON.parse(line)) }
  }
  const control = (cwd: string): Promise<unknown> =>
    ask(join(cwd, 'runner.sock'), 'PUT', '/log', '{"format":"json"}')
  for (const { pid, lines } of await Promise.all([
    last(['--log-format', 'json'], async () => {}),
    last([], control),
  ])) {
    const [before, ...words] = lines
    for (const each of words) {
      assert.deepEqual(Object.keys(each), Object.keys(before))
      assert.deepEqual([each.level, each.system, each.pid], ['critical', '-', pid])
      assert.ok(each.time > before.time)
    }
    assert.deepEqual(
      words.map(({ message }) => message),
      [
        'Not stopped within 0.3 seconds: MultiService/b',
        'Nothing else can run. Ending by SIGKILL.',
      ],
    )
  }
})

test("process.exit with a listener of 'exit' that loops is ended by SIGKILL", async (t) => {
  const cwd = tempDir(t)
  const args = ['ending', '--exit', 'start:c', '--atexit', 'spin']
  const running = foreground(t, ['--stop-timeout', '0.1', ...args], { cwd, env })
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGKILL')
  assert.match(
    stdout,
    /The process has not ended: perhaps a drain, or a listener of 'exit', loops\n/,
  )
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

for (const isDaemon of [false, true]) {
  const what = isDaemon ? 'a daemon' : 'a process in the foreground'
  test(`${what} that has asked the system for what never comes is ended by SIGKILL`, async (t) => {
    const cwd = tempDir(t)
    assert.equal(spawnSync('mkfifo', [join(cwd, 'fifo')]).status, 0)
    const args = ['--stop-timeout', '0.1', 'ending', '--open', 'fifo', '--hang', 'stop:b']
    const why = /has not ended: what it asked of the system has no answer\n.*Ending by SIGKILL\.\n$/
    if (isDaemon) {
      const { stop, log } = await daemon(t, args, { cwd, env })
      await stop()
      return assert.match(log(), why)
    }
    const running = foreground(t, args, { cwd, env })
    await running.line(UP)
    running.child.kill('SIGTERM')
    const { signal, stdout } = await running.ended
    assert.equal(signal, 'SIGKILL')
    assert.match(stdout, why)
  })
}

test("a listener of 'exit' that throws changes nothing of the status", async (t) => {
  const { status, stderr } = await stopped(t, ['--atexit', 'throw', '--fail', 'stop:a:null'], {
    signal: 'SIGIO',
  })
  assert.equal(status, 70)
  assert.match(stderr, /^Error: thrown at exit\n/)
})

for (const [phase, args, at] of [
  ['a start that hangs', ['--hang', 'start:b', '--say', 'start:b'], /at start:b\n/],
  ['a stop that hangs', ['--hang', 'stop:b'], UP],
  [
    'a failed start that hangs while it is undone',
    ['--fail', 'start:c:error', '--hang', 'undo:c', '--say', 'undo:c'],
    /at undo:c\n/,
  ],
] as const) {
  for (const [first, second] of [
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
    ['SIGQUIT', 'SIGQUIT'],
  ] as const) {
    test(`${second} after ${first} ends ${phase} at once`, async (t) => {
      const cwd = tempDir(t)
      const running = foreground(t, ['ending', ...args], { cwd, env })
      await running.line(at)
      running.child.kill(first)
      await running.line(new RegExp(`Received ${first}, shutting down\\.`))
      running.child.kill(second)
      const { signal, stdout } = await running.ended
      assert.equal(signal, second)
      assert.match(
        stdout,
        new RegExp(`Received ${second} again, ending at once\\.\\n.*Shut Down\\.\\n$`),
      )
      assert.ok(!existsSync(join(cwd, 'runner.pid')))
    })
  }
}

test('a second signal ends a daemon whose stop hangs at once', async (t) => {
  const cwd = tempDir(t)
  const args = ['ending', '--hang', 'stop:b', '--say', 'stop:b']
  const { pid, pidfile, log, logfile } = await daemon(t, args, { cwd, env })
  process.kill(pid, 'SIGTERM')
  await waitFor(logfile, () => (log().includes('at stop:b') ? true : undefined))
  process.kill(pid, 'SIGTERM')
  await gone(pid)
  assert.match(log(), /Received SIGTERM again, ending at once\.\n/)
  assert.ok(!existsSync(pidfile))
})

for (const how of ['throw', 'reject'] as const) {
  test(`errors of every shape that nobody catches (${how}) do not lose the rest of the stop`, async (t) => {
    const args = ['--loose', `stop:b:${how}:all`]
    const { status, steps, lines } = await stopped(t, args)
    assert.equal(status, 70)
    assert.deepEqual(steps, ['stop c', 'stoped c', 'stop b', 'stoped b', 'stop a', 'stoped a'])
    assert.equal(lines.filter((line) => line === 'Unhandled error').length, 19)
    assert.deepEqual(lines.slice(-2), LAST)
  })
}

test('an error of any shape that a start or stop fails with is one line, and stops the rest', async (t) => {
  const shapes = ['null', 'undefined', 'bare', 'tostring', 'message', 'code', 'circular', 'proxy']
  await Promise.all(
    [...shapes, 'errorproxy', 'revoked', 'inspected', 'frozen', 'status'].map(async (shape) => {
      const cwd = tempDir(t)
      const failing = ['--fail', `start:c:${shape}`, '--fail', `stop:b:${shape}`]
      const args = ['-n', 'ending', '--trace', 'trace', ...failing]
      const { status, stderr, stdout } = await runner(args, { cwd, env })
      assert.equal(status, 70, shape)
      assert.match(stderr, /^runner: cannot start ending: [^\n]+\n$/, shape)
      assert.match(stdout, /Server Shut Down\.\n$/, shape)
      assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /stop b\nstop a\nstoped a\n$/, shape)
    }),
  )
})

for (const shape of ['error', 'known', 'null', 'proxy']) {
  test(`an error that nobody caught while it starts (${shape}) is logged once, with status 70`, async (t) => {
    const cwd = tempDir(t)
    const loose = ['--loose', `start:b:throw:${shape}`]
    const args = ['-n', 'ending', '--trace', 'trace', ...loose, '--hang', 'start:b']
    const { status, stderr, stdout } = await runner(['--stop-timeout', '0.2', ...args], {
      cwd,
      env,
    })
    assert.equal(status, 70)
    assert.match(stderr, /^runner: cannot start ending: [^\n]+\n$/)
    assert.equal(stdout.match(/cannot start ending: /g)?.length, 1)
    if (shape === 'error' || shape === 'known') assert.match(stdout, /\n\t(Error: .*\n\t {4}at )/)
    assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /stop a\nstoped a\n$/)
  })
}

test('an error that nobody caught during a stop by a signal makes the status 70', async (t) => {
  const { status, stdout } = await stopped(t, ['--loose', 'stop:a:reject:error'])
  assert.equal(status, 70)
  assert.equal(stdout.match(/Unhandled error\n\tError: an ordinary error\n\t {4}at /g)?.length, 1)
})

test('an error that nobody caught in the last step of a stop is logged too, with status 70', async (t) => {
  const { status, lines, steps } = await stopped(t, ['--leave', 'stop:a'])
  assert.equal(status, 70)
  assert.equal(steps.at(-1), 'stoped a')
  assert.equal(lines.filter((line) => line === 'Unhandled error').length, 1)
  assert.equal(lines.filter((line) => line === '\tError: an ordinary error').length, 1)
  assert.deepEqual(lines.slice(-2), LAST)
})

test('process.exit(0) in the middle of a stop is no success, and what had not stopped is named', async (t) => {
  const { status, lines, steps } = await stopped(t, ['--exit', 'stop:b', '--status', '0'])
  assert.equal(status, 70)
  assert.deepEqual(steps, ['stop c', 'stoped c', 'stop b'])
  assert.deepEqual(lines, [
    'Received SIGTERM, shutting down.',
    'Not stopped, since the process was made to exit: MultiService/a, MultiService/b',
    'Server Shut Down.',
  ])
})

for (const [what, args, workers] of [
  ['an error that nobody caught', ['--loose', 'stop:b:reject:error']],
  ['one in the last step', ['--leave', 'stop:a']],
  ['process.exit(0)', ['--exit', 'stop:b', '--status', '0']],
  ['one in the last step of the workers', ['--leave', 'stop:a'], true],
  ['process.exit(0) in the workers', ['--exit', 'stop:b', '--status', '0'], true],
] as const) {
  test(`runner stop says that a stop did not go well: ${what}`, async (t) => {
    const cwd = tempDir(t)
    const own = workers ? ['--workers', '2'] : []
    const { pid, pidfile } = await daemon(t, [...own, 'ending', ...args], { cwd, env })
    const { status, stderr } = await runner(['stop'], { cwd, env })
    assert.equal(status, 70)
    assert.match(stderr, new RegExp(`^runner: cannot stop: pid ${pid} ended,? [^\n]+\nhint: `))
    assert.ok(!isAlive(pid))
    assert.ok(!existsSync(pidfile))
  })
}

for (const [own, asked, status, what] of [
  [[], 5, 5, 'MultiService/a, MultiService/b'],
  [[], 0, 70, 'MultiService/a, MultiService/b'],
  [
    ['--workers', '2'],
    5,
    70,
    'worker \\d \\(exited with status 5\\), worker \\d \\(exited with status 5\\)',
  ],
] as const) {
  const how = `process.exit(${asked}) in the middle of a stop${own.length > 0 ? ' of workers' : ''}`
  test(`${how} is ${status} for runner stop and for the shell that runs it`, async (t) => {
    const cwd = tempDir(t)
    const args = [...own, 'ending', '--exit', 'stop:b', '--status', String(asked)]
    const running = foreground(t, args, { cwd, env })
    await running.line(UP)
    await waitFor(cwd, () => existsSync(join(cwd, 'runner.sock')) || undefined)
    const told = await runner(['stop'], { cwd, env })
    const { status: ended } = await running.ended
    assert.deepEqual([told.status, ended], [status, status])
    const pid = `^runner: cannot stop: pid ${running.pid}`
    assert.match(
      told.stderr,
      new RegExp(`${pid} ended, but not all had stopped in order: ${what}\n`),
    )
  })
}

for (const step of ['priv:b', 'start:b', 'stop:b']) {
  test(`process.exit(3) at ${step} ends with 3, removes the pid file and keeps the log`, async (t) => {
    const cwd = tempDir(t)
    const args = ['ending', '--exit', step, '--status', '3']
    const running = foreground(t, args, { cwd, env })
    if (step === 'stop:b') {
      await running.line(UP)
      running.child.kill('SIGTERM')
    }
    const { status, stdout } = await running.ended
    assert.equal(status, 3)
    assert.match(stdout, /Server Shut Down\.\n$/)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })
}

/** A daemon whose first generation drains, as `drain` has it, after a reload. */
async function draining(t: TestContext, drain: string, own: readonly string[] = []) {
  const cwd = tempDir(t)
  const trace = join(cwd, 'steps')
  t.after(() => endAll(() => processesWith(`STOP_TEST=${cwd}`)))
  const inMakeService = `
    const hung = new Service()
    hung.drain = ${drain}
    hung.stopService = () => new Promise(() => {})
    hung.setServiceParent(top)`
  writePlugin(cwd, { inMakeService })
  const started = await daemon(t, [...own, 'told'], {
    cwd,
    env: { STOP_TEST: cwd, RUNNER_TRACE: trace },
  })
  const { pid } = started
  process.kill(pid, 'SIGHUP')
  await successorOf(cwd, pid)
  await waitFor(trace, () => readFileSync(trace, 'utf8').includes(`${pid} drain\n`) || undefined)
  return started
}

test('a second signal ends a generation that drains at once', async (t) => {
  const { pid, log, logfile } = await draining(t, '() => new Promise(() => {})')
  process.kill(pid, 'SIGTERM')
  await waitFor(logfile, () => log().includes('Received SIGTERM, shutting down.') || undefined)
  process.kill(pid, 'SIGINT')
  await gone(pid)
  assert.match(log(), /Received SIGINT again, ending at once\./)
})

test('a generation that loops while it drains is ended by SIGKILL, and the next one serves', async (t) => {
  const own = ['--drain-timeout', '0.2', '--stop-timeout', '0.2']
  const { pid, log, pidfile } = await draining(t, '() => { for (;;); }', own)
  await gone(pid)
  assert.match(log(), /The process has not ended: perhaps a drain/)
  const next = Number(readFileSync(pidfile, 'utf8'))
  assert.notEqual(next, pid)
  assert.ok(isAlive(next))
})
