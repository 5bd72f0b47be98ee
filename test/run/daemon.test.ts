import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetchAll } from '../helpers/fetch-all.ts'
import { freePort } from '../helpers/free-port.ts'
import { ecstasy, fixtures, ourPlugins } from '../helpers/paths.ts'
import { cleanEnv, daemon, isAlive, runner, startRunner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: `${ourPlugins}:${join(fixtures, 'probe')}` }

function callsIn(trace: string): string[] {
  return readFileSync(trace, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').slice(0, 2).join(' '))
}

test('a daemon answers when the shell has returned, and is gone after kill', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  const args = ['fastpoetry', '--port', String(port), '--poem', ecstasy]
  const { pid, pidfile, logfile, ended, log, stop } = await daemon(t, args, { cwd, env })
  assert.deepEqual(ended, { status: 0, signal: null, stdout: '', stderr: '' })
  assert.deepEqual(await fetchAll(port), readFileSync(ecstasy))
  assert.equal(readFileSync(pidfile, 'utf8'), String(pid))
  assert.equal(statSync(pidfile).mode & 0o777, 0o600)
  assert.equal(statSync(logfile).mode & 0o777, 0o666 & ~process.umask())
  for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null')
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), cwd)
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  assert.match(status, /^Umask:\s+0077$/m)
  assert.notEqual(Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]), process.pid)
  await stop()
  assert.ok(!existsSync(pidfile))
  await assert.rejects(fetchAll(port), { code: 'ECONNREFUSED' })
  const lines = log().replace(/^\S+ /gm, '')
  assert.match(
    lines,
    new RegExp(
      [
        '^\\[-\\] Log opened\\.',
        '\\[-\\] runner \\S+ \\(node \\S+\\) starting up\\.',
        `\\[-\\] PoetryFactory starting on ${port}`,
        '\\[-\\] Starting factory <PoetryFactory>',
        `\\[-\\] loaded a poem from: ${ecstasy}`,
        "\\[PoetryFactory\\] sending \\d+ bytes of poetry to IPv4Address\\(TCP, '127\\.0\\.0\\.1', \\d+\\)",
        '\\[-\\] Received SIGTERM, shutting down\\.',
        `\\[-\\] \\(TCP Port ${port} Closed\\)`,
        '\\[-\\] Stopping factory <PoetryFactory>',
        '\\[-\\] Main loop terminated\\.',
        '\\[-\\] Server Shut Down\\.\\n$',
      ].join('\\n'),
    ),
  )
})

test('services start in order and stop in reverse', async (t) => {
  const cwd = tempDir(t)
  const trace = join(cwd, 'trace')
  const { stop } = await daemon(t, ['probe', '--trace', 'trace'], { cwd, env })
  await stop()
  const [made, ...calls] = callsIn(trace)
  assert.match(made as string, /^make pid=\d+$/)
  assert.deepEqual(calls, [
    ...['priv a', 'priv b', 'priv c', 'start a', 'start b', 'start c'],
    ...['stop c', 'stopped c', 'stop b', 'stopped b', 'stop a', 'stopped a'],
  ])
})

test('the parent waits for a start that takes its time', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--trace', 'trace', '--slow', 'start:b', '--seconds', '0.5']
  await daemon(t, args, { cwd, env })
  assert.ok(callsIn(join(cwd, 'trace')).includes('start c'))
})

/** Starts that fail, with the line and the status the shell gets. */
const failures: [name: string, args: string[], line: RegExp, status: number][] = [
  [
    'makeService throws',
    ['--failmake'],
    /cannot make probe: make fail|cannot load probe: make fail/,
    70,
  ],
  [
    'makeService returns nothing',
    ['--nothing'],
    /cannot load probe: makeService returned nothing/,
    70,
  ],
  ['postOptions refuses', ['--refuse', 'not like this'], /not like this/, 64],
  ['privilegedStartService throws', ['--fail', 'priv:b'], /cannot start probe: priv fail/, 70],
  ['startService throws', ['--fail', 'start:b'], /cannot start probe: start fail/, 70],
  ['the plugin exits', ['--exit', 'start:b'], /it exited with status 7 before it was ready/, 70],
  [
    'the daemon is killed',
    ['--kill', 'start:b'],
    /it was ended by SIGKILL before it was ready/,
    70,
  ],
]

for (const [name, args, line, expected] of failures) {
  test(`the shell gets one line and a true status when ${name}`, async (t) => {
    const cwd = tempDir(t)
    const { status, stdout, stderr } = await runner(['probe', '--trace', 'trace', ...args], {
      cwd,
      env,
    })
    assert.match(stderr, line)
    assert.match(stderr, /^runner: cannot [^\n]+\n(hint: [^\n]+\n)?$/)
    assert.equal(stdout, '')
    assert.equal(status, expected)
    assert.ok(!existsSync(join(cwd, 'runner.pid')), 'the pid file is left')
    const trace = join(cwd, 'trace')
    const pid = existsSync(trace) && /pid=(\d+)/.exec(readFileSync(trace, 'utf8'))?.[1]
    assert.ok(!pid || !isAlive(Number(pid)), 'the daemon is left')
  })
}

for (const how of ['hang', 'spin']) {
  test(`a daemon that does not get ready within --start-timeout is ended (${how})`, async (t) => {
    const cwd = tempDir(t)
    const trace = join(cwd, 'trace')
    // A busy machine may need more time to get as far as the service.
    for (let seconds = 3; !existsSync(trace); seconds *= 2) {
      const own = ['--start-timeout', String(seconds)]
      const args = [...own, 'probe', '--trace', 'trace', `--${how}`, 'start:b']
      const { status, stderr } = await runner(args, { cwd, env })
      assert.equal(status, 75)
      const line = `cannot start probe: not ready within ${seconds} seconds`
      assert.match(stderr, new RegExp(`^runner: ${line}\nhint: .*runner\\.log\n$`))
      assert.ok(!existsSync(join(cwd, 'runner.pid')))
    }
    const pid = Number(/pid=(\d+)/.exec(readFileSync(trace, 'utf8'))?.[1])
    assert.ok(!isAlive(pid))
  })
}

test('a failed start stops what was started, in reverse', async (t) => {
  const cwd = tempDir(t)
  await runner(['probe', '--trace', 'trace', '--fail', 'start:c'], { cwd, env })
  const calls = callsIn(join(cwd, 'trace')).slice(4)
  assert.deepEqual(
    calls.filter((call) => !call.endsWith(' c')),
    [...['start a', 'start b', 'stop b', 'stopped b', 'stop a', 'stopped a']],
  )
})

test('an error that nobody caught during the start stops what was started', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--trace', 'trace', '--throw', 'start:b', '--slow', 'start:b']
  const { status, stderr } = await runner(args, { cwd, env })
  assert.equal(status, 70)
  assert.match(stderr, /^runner: cannot start probe: thrown\nhint: /)
  assert.match(readFileSync(join(cwd, 'trace'), 'utf8'), /stopped a\n$/)
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('a port in use is said in one line, with who has it', async (t) => {
  const cwd = tempDir(t)
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  const { port } = holder.address() as { port: number }
  const args = ['fastpoetry', '--port', String(port), '--poem', ecstasy]
  const { status, stderr } = await runner(args, { cwd, env })
  assert.equal(status, 69)
  const line = `^runner: cannot listen on 127\\.0\\.0\\.1:${port}: address already in use by .*\\(pid ${process.pid}\\)\\n`
  assert.match(stderr, new RegExp(line))
})

test('a poem that is missing is said in one line', async (t) => {
  const cwd = tempDir(t)
  const args = ['fastpoetry', '--port', '0', '--poem', 'poetry/ecstacy.txt']
  const { status, stderr } = await runner(args, { cwd, env })
  assert.equal(status, 66)
  assert.match(
    stderr,
    /^runner: cannot open poetry\/ecstacy\.txt: no such file or directory\nhint: /,
  )
})

test('a log that cannot be opened is said in one line', async (t) => {
  const cwd = tempDir(t)
  const { status, stderr } = await runner(['-l', 'nowhere/x.log', 'probe'], { cwd, env })
  assert.equal(status, 73)
  assert.match(stderr, /^runner: cannot open log .*nowhere\/x\.log: no such file or directory\n/)
})

test('paths are meant from where runner was started, a plugin’s too', async (t) => {
  const cwd = tempDir(t)
  const { mkdirSync } = await import('node:fs')
  mkdirSync(join(cwd, 'sub'))
  writeFileSync(join(cwd, 'poem.txt'), 'short\n')
  const port = await freePort()
  const args = ['-d', 'sub', 'fastpoetry', '--port', String(port), '--poem', 'poem.txt']
  const { pid, stop } = await daemon(t, args, { cwd, env })
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), join(cwd, 'sub'))
  assert.equal(String(await fetchAll(port)), 'short\n')
  await stop()
  assert.ok(existsSync(join(cwd, 'runner.log')))
})

test('what a daemon prints, and what its children can not, is in the log', async (t) => {
  const cwd = tempDir(t)
  const args = ['probe', '--print', 'printed', '--warn', 'warned']
  const { log, stop } = await daemon(t, args, { cwd, env })
  await stop()
  assert.match(log(), /\[stdout#info\] printed\n/)
  assert.match(log(), /\[stderr#error\] warned\n/)
})

test('an operator who gives up waiting takes the daemon along', async (t) => {
  const cwd = tempDir(t)
  const running = startRunner(['probe', '--trace', 'trace', '--hang', 'start:b'], { cwd, env })
  const trace = join(cwd, 'trace')
  const pid = await waitFor(trace, () => {
    const text = existsSync(trace) ? readFileSync(trace, 'utf8') : ''
    return text.includes('start b') ? Number(/pid=(\d+)/.exec(text)?.[1]) : undefined
  })
  running.child.kill('SIGINT')
  const { signal } = await running.ended
  assert.equal(signal, 'SIGINT')
  await waitFor(`/proc/${pid}`, () => (isAlive(pid) ? undefined : true))
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('the environment passes unchanged to the daemon', async (t) => {
  const cwd = tempDir(t)
  const given = { ...env, SOMETHING: 'of mine', RUNNER_PROBE_LOUD: '1' }
  const { pid } = await daemon(t, ['probe'], { cwd, env: given })
  const seen = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((entry) => entry !== '')
  const sent = Object.entries(cleanEnv(cwd, given)).map(([name, value]) => `${name}=${value}`)
  assert.deepEqual(seen.sort(), sent.sort())
})
