import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { ask, type ControlReply } from '../helpers/control.ts'
import { freePort, lowPort } from '../helpers/free-port.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import {
  onceReady,
  pidIn,
  type Reloadable,
  reload,
  running,
  successorOf,
  writePlugin,
} from '../helpers/reloadable.ts'
import {
  cleanEnv,
  type Daemon,
  daemon,
  foreground,
  gone,
  isAlive,
  runner,
} from '../helpers/runner.ts'
import { serviceManager } from '../helpers/service-manager.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { noTerminal } from '../helpers/terminal.ts'
import { until } from '../helpers/until.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'
import { endAll, keepersOf, processesWith, statusField } from './conformance/processes.ts'

/** A daemon that runs the plugin, and all that comes after it, which end with the test. */
async function told(
  t: TestContext,
  plugin: Reloadable = {},
  args: readonly string[] = [],
  own: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<Daemon & { cwd: string; port: number; processes(): number[] }> {
  const cwd = tempDir(t)
  const mark = `RELOAD_TEST=${cwd}`
  const processes = (): number[] => processesWith(mark)
  t.after(() => endAll(processes))
  writePlugin(cwd, plugin)
  const port = await freePort()
  const words = [...own, 'told', '--port', String(port), ...args]
  const env = { RELOAD_TEST: cwd, RUNNER_TRACE: join(cwd, 'trace'), ...more }
  const started = await daemon(t, words, { cwd, env })
  return { ...started, cwd, port, processes }
}

/** A daemon of a runner that is installed where it can be taken away. */
async function installed(t: TestContext): Promise<Daemon & { cwd: string; bundle: string }> {
  const cwd = tempDir(t)
  t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
  writePlugin(cwd)
  const command = withoutKoffi(t)
  const started = await daemon(t, ['told'], { cwd, command, env: { RELOAD_TEST: cwd } })
  await running(cwd)
  return { ...started, cwd, bundle: dirname(command[1] ?? '') }
}

/** All that is sent until the connection is closed. */
function fetchFrom(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject).on('close', () => resolve(text))
  })
}

/** Whether a successor has its port too, by what is in the log. */
const bothBound = (log: () => string): boolean => log().split('serve starting').length > 2

const SLOW_TO_STOP = `
  const slow = new Service()
  slow.stopService = () => sleep(8)
  slow.setServiceParent(top)
`

// Most of the time of a reload both generations just serve.
describe('a reload', { concurrency: 6 }, () => {
  test('SIGHUP puts a new process in place, with new code, on the same port', async (t) => {
    const { cwd, pid, port, log, processes } = await told(t)
    assert.equal(await fetchFrom(port), `hello from ${pid}`)
    writePlugin(cwd, { says: 'good evening' })
    process.kill(pid, 'SIGHUP')
    const next = await successorOf(cwd, pid)
    await gone(pid)
    assert.equal(pidIn(cwd), next)
    assert.equal(await fetchFrom(port), `good evening from ${next}`)
    assert.deepEqual(processes(), [next])
    assert.match(log(), /Received SIGHUP, reloading\./)
    assert.match(log(), new RegExp(`Generation 2 with pid ${next} has taken over\\.`))
    assert.match(log(), new RegExp(`Generation 1 with pid ${pid} has drained and stopped\\.`))
    process.kill(next, 'SIGTERM')
    await gone(next)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
    assert.ok(!existsSync(join(cwd, 'runner.sock')))
  })

  test('a port that the system has chosen stays the same', async (t) => {
    const { cwd, log } = await told(t, {}, ['--port', '0'])
    await reload(cwd)
    const ports = [...log().matchAll(/serve starting on (\d+)/g)].map(([, port]) => port)
    assert.equal(ports.length, 2)
    assert.equal(ports[0], ports[1])
  })

  test('a successor has the environment that runner was called with, not that of the plugin', async (t) => {
    const imports = "const mark = process.env.MARK ?? 'none'; process.env.MARK = 'changed'"
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the plugin has it in a template
    const { cwd, port } = await told(t, { imports, says: '${mark}' })
    const { pid } = await reload(cwd)
    assert.equal(await fetchFrom(port), `none from ${pid}`)
  })

  test('a successor binds itself what it wants when the one before it is gone', async (t) => {
    const late = await freePort()
    const inMakeService = `
      const more = new TCPServer(${late}, serve, at)
      process.on('SIGWINCH', () => more.setServiceParent(top))`
    const { cwd, pid, log } = await told(t, { inMakeService })
    const { pid: next } = await reload(cwd)
    await gone(pid)
    process.kill(next, 'SIGWINCH')
    const isBound = (): boolean => log().includes(`serve starting on ${late}`)
    await waitFor(join(cwd, 'runner.log'), () => isBound() || undefined)
    const ask = (): Promise<string> => fetchFrom(late).catch(ask)
    assert.equal(await ask(), `hello from ${next}`)
  })

  test('a daemon whose starting directory is gone says so, and goes on', async (t) => {
    const dir = tempDir(t)
    const cwd = join(dir, 'elsewhere')
    mkdirSync(cwd)
    writePlugin(dir)
    const env = { RUNNER_PLUGIN_PATH: join(dir, 'plugins') }
    const words = ['--pidfile', join(dir, 'runner.pid'), '--rundir', dir, 'told']
    foreground(t, words, { cwd, env })
    await running(dir)
    rmSync(cwd, { recursive: true })
    const { line } = await reload(dir)
    assert.equal(line, `cannot reload told: its starting directory ${cwd} is gone`)
    await running(dir)
  })

  test('a pid file that was removed under a daemon is there again after a reload', async (t) => {
    const { cwd, pid, port } = await told(t)
    unlinkSync(join(cwd, 'runner.pid'))
    const { pid: next } = await reload(cwd)
    assert.equal(pidIn(cwd), next)
    await gone(pid)
    assert.equal(pidIn(cwd), next)
    const again = await runner(['told', '--port', String(port)], { cwd })
    assert.match(again.stderr, new RegExp(`already running with pid ${next}\n`))
  })

  test('reloads asked for in a row are made one after another, and none is lost', async (t) => {
    const { cwd, pid, log } = await told(t)
    const asked = [reload(cwd), reload(cwd)]
    process.kill(pid, 'SIGHUP')
    const generations = (await Promise.all(asked)).map(({ generation }) => generation)
    assert.equal(new Set(generations).size, 2)
    await waitFor(join(cwd, 'runner.log'), () =>
      log().includes('Generation 4 with pid') ? true : undefined,
    )
    const last = pidIn(cwd)
    await waitFor(cwd, () => (isAlive(pid) ? undefined : true))
    assert.equal((await ask(join(cwd, 'runner.sock'), 'GET', '/status')).json().pid, last)
  })

  const faults: [
    fault: string,
    plugin: Reloadable | 'gone',
    reason: RegExp,
    status: number,
    own?: string[],
  ][] = [
    ['throws in makeService', { inMakeService: "throw new Error('no')" }, /: no$/, 70],
    ['can’t be read', { inMakeService: 'const' }, /: cannot find plugin told: /, 64],
    ['is gone', 'gone', /cannot find plugin told: .*|: .*no plugin of that name.*/, 64],
    ['needs another option', { needs: ['more'] }, /: option --more is required$/, 64],
    ['throws in startService', { inStart: "throw new Error('not today')" }, /: not today$/, 70],
    [
      'ends the process in startService',
      { inStart: 'process.exit(3)' },
      /: it exited with status 3 before it was ready$/,
      70,
    ],
    [
      'is told to stop while it starts',
      {
        inStart: `process.kill(process.pid, 'SIGTERM')
          await new Promise((resolve) => process.once('SIGTERM', () => setImmediate(resolve)))`,
      },
      /: it was stopped before it was ready$/,
      70,
    ],
    [
      'is killed while it starts',
      { inStart: "process.kill(process.pid, 'SIGKILL')" },
      /: it was ended by SIGKILL before it was ready$/,
      70,
    ],
    [
      'exits just after it was ready',
      { inStart: onceReady('process.exit(0)') },
      /: it exited with status 0 just after it was ready$/,
      70,
    ],
    [
      'hangs while it starts',
      { inStart: 'await new Promise(() => {})' },
      /: not ready within 12 seconds$/,
      75,
      ['--start-timeout', '12'],
    ],
    [
      'waits for ever while it is made, with nothing open',
      { inMakeService: 'return new Promise(() => {})' },
      // Its check says the one, and whoever waits for a check that was late to start the other.
      /: not (ready|checked) within 12 seconds$/,
      75,
      ['--start-timeout', '12'],
    ],
    [
      'loops while it is made',
      { inMakeService: 'for (;;);' },
      /: not checked within 6 seconds$/,
      75,
      ['--start-timeout', '6'],
    ],
  ]

  for (const [fault, plugin, reason, status, own] of faults) {
    test(`a successor that ${fault} changes nothing, and whoever asked is told`, async (t) => {
      const { cwd, pid, port, log, processes } = await told(t, {}, [], own)
      if (plugin === 'gone') unlinkSync(join(cwd, 'plugins', 'told.js'))
      else writePlugin(cwd, plugin)
      const failed = await reload(cwd)
      assert.match(failed.line ?? '', /^cannot reload told: /)
      assert.match(failed.line ?? '', reason)
      assert.equal(failed.status, status)
      assert.equal(pidIn(cwd), pid)
      assert.equal(await fetchFrom(port), `hello from ${pid}`)
      await waitFor(join(cwd, 'runner.log'), () => (processes().length === 1 ? true : undefined))
      assert.ok(log().includes(failed.line ?? '?'), log())
      // Which would say of the daemon what isn't so.
      assert.doesNotMatch(log(), /Server Shut Down/)
      // And the next one works again.
      writePlugin(cwd)
      assert.equal((await reload(cwd)).generation, 2)
    })
  }

  test('runner reload says who serves now; or why nobody new does, with the status of that', async (t) => {
    const { cwd } = await told(t)
    const first = await runner(['reload'], { cwd })
    assert.equal(first.stderr, '')
    assert.equal(first.stdout, `reloaded: pid ${pidIn(cwd)}, generation 2\n`)
    assert.equal(first.status, 0)
    writePlugin(cwd, { inStart: "throw new Error('not today')" })
    const second = await runner(['reload'], { cwd })
    assert.equal(second.stdout, '')
    assert.equal(
      second.stderr,
      'runner: cannot reload told: not today\nhint: the old generation goes on\n',
    )
    assert.equal(second.status, 70)
  })

  test('runner check builds all and starts nothing, with the status that a run would have', async (t) => {
    const cwd = tempDir(t)
    writePlugin(cwd, { inStart: "throw new Error('started')" })
    const passed = await runner(['check', 'told'], { cwd })
    assert.deepEqual([passed.status, passed.stdout, passed.stderr], [0, '', ''])
    assert.deepEqual(readdirSync(cwd), ['plugins'])
    for (const [plugin, args, status, line] of [
      [{ inMakeService: "throw new Error('no')" }, ['told'], 70, /cannot load told: no\n/],
      [
        { inMakeService: 'process.exit(0)' },
        ['told'],
        70,
        /cannot start told: it exited with status 0 before it was ready/,
      ],
      [{ needs: ['more'] }, ['told'], 64, /cannot run told: option --more is required\n/],
      [{}, ['told', '--port', 'x'], 64, /--port needs a number/],
      [{}, ['nobody'], 64, /cannot find plugin nobody/],
      [{}, ['-d', 'nowhere', 'told'], 66, /cannot run in nowhere/],
    ] as [Reloadable, string[], number, RegExp][]) {
      writePlugin(cwd, plugin)
      const failed = await runner(['check', ...args], { cwd })
      assert.match(failed.stderr, line)
      assert.equal(failed.status, status)
    }
  })

  test('a successor that can’t have a new port changes nothing', async (t) => {
    const taken = await told(t)
    const inMakeService = `new TCPServer(${taken.port}, serve, at).setServiceParent(top)`
    const { cwd, pid, port } = await told(t)
    writePlugin(cwd, { inMakeService })
    const { line, status } = await reload(cwd)
    assert.match(
      line ?? '',
      /^cannot reload told: cannot listen on 127\.0\.0\.1:\d+: address already/,
    )
    assert.equal(status, 69)
    assert.equal(await fetchFrom(port), `hello from ${pid}`)
  })

  test('a stop in the middle of a reload ends the successor too', async (t) => {
    const { cwd, pid, log, processes } = await told(t, {}, [], ['--start-timeout', '1000'])
    writePlugin(cwd, { inStart: 'await new Promise(() => {})' })
    process.kill(pid, 'SIGHUP')
    await waitFor(join(cwd, 'runner.log'), () => bothBound(log) || undefined)
    process.kill(pid, 'SIGTERM')
    await waitFor(join(cwd, 'runner.log'), () => (processes().length === 0 ? true : undefined))
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })

  /** The environment of a daemon that is sent a signal in the middle of the take-over, which else hangs. */
  const inTakeOver = (what: NodeJS.Signals | 'hangs'): NodeJS.ProcessEnv => ({
    NODE_OPTIONS: `--require ${join(fixtures, 'kill', 'in-take-over.cjs')}`,
    IN_TAKE_OVER: what,
  })

  test('a daemon killed in the moment of the take-over leaves all to its successor', async (t) => {
    const { cwd, pid, port, processes } = await told(t, {}, [], [], inTakeOver('SIGKILL'))
    process.kill(pid, 'SIGHUP')
    await gone(pid)
    const next = await successorOf(cwd, pid)
    const socket = join(cwd, 'runner.sock')
    const asked = await waitForReply(() => ask(socket, 'GET', '/status'))
    assert.equal(asked.json().pid, next)
    assert.equal(await fetchFrom(port), `hello from ${next}`)
    assert.deepEqual(processes(), [next])
  })

  test('a successor that hangs as it takes over changes nothing, though it was named', async (t) => {
    const { cwd, pid, port, processes } = await told(t, {}, [], [], inTakeOver('hangs'))
    const { line, status } = await reload(cwd)
    assert.equal(line, 'cannot reload told: not taken over within 10 seconds')
    assert.equal(status, 75)
    assert.equal(pidIn(cwd), pid)
    assert.equal(await fetchFrom(port), `hello from ${pid}`)
    assert.deepEqual(processes(), [pid])
  })

  test('a stop in the moment of the take-over ends both generations', async (t) => {
    const { cwd, pid, log, processes } = await told(t, {}, [], [], inTakeOver('SIGTERM'))
    process.kill(pid, 'SIGHUP')
    await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
    assert.match(log(), /Generation 2 with pid \d+ has taken over\./)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })

  test('a reload whose check is cut short by a stop says so, and not that anything goes on', async (t) => {
    const { cwd, pid } = await told(t, {}, [], ['--start-timeout', '1000'])
    writePlugin(cwd, {
      imports: "import { writeFileSync } from 'node:fs'",
      inMakeService: "writeFileSync('seen', ''); for (;;);",
    })
    const asked = runner(['reload'], { cwd })
    await waitFor(join(cwd, 'seen'), () => existsSync(join(cwd, 'seen')) || undefined)
    process.kill(pid, 'SIGTERM')
    const { status, stderr } = await asked
    assert.equal(stderr, 'runner: cannot reload told: it is being stopped\n')
    assert.equal(status, 75)
  })

  const left: [state: string, plugin: Reloadable][] = [
    ['hangs', { inStart: 'await new Promise(() => {})' }],
    ['loops', { inStart: 'for (;;);' }],
    ['takes its time to stop', { inMakeService: SLOW_TO_STOP }],
  ]

  for (const [state, plugin] of left) {
    test(`a daemon killed in a reload takes along a successor that ${state}, and the next starts at once`, async (t) => {
      const { cwd, pid, port, log, processes } = await told(t)
      writePlugin(cwd, plugin)
      process.kill(pid, 'SIGHUP')
      await waitFor(join(cwd, 'runner.log'), () => bothBound(log) || undefined)
      process.kill(pid, 'SIGKILL')
      writePlugin(cwd)
      const next = await runner(['told', '--port', String(port)], {
        cwd,
        env: { RELOAD_TEST: cwd },
      })
      assert.equal(next.stderr, '')
      assert.equal(next.status, 0)
      assert.equal(await fetchFrom(port), `hello from ${pidIn(cwd)}`)
      assert.deepEqual(processes(), [pidIn(cwd)])
    })
  }

  test('a daemon killed in a reload takes along a successor that loops, though none is started', async (t) => {
    const { cwd, pid, log, processes } = await told(t)
    writePlugin(cwd, { inStart: 'for (;;);' })
    process.kill(pid, 'SIGHUP')
    await waitFor(join(cwd, 'runner.log'), () => bothBound(log) || undefined)
    process.kill(pid, 'SIGKILL')
    await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
  })

  /** Opens connections that stay open, and counts those that are closed. */
  const LASTING = `
  const stay = (socket, { draining }) => {
    socket.on('error', () => {})
    socket.write('open')
    draining.addEventListener('abort', () => socket.write('told'))
    socket.on('data', () => socket.end())
  }
  new TCPServer(LASTING, stay, at).setServiceParent(top)
`

  async function lasting(
    port: number,
  ): Promise<{ text(): string; end(): void; closed: Promise<void> }> {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => {})
    await new Promise<void>((resolve) => {
      socket.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
        resolve()
      })
    })
    return { text: () => text, end: () => void socket.write('bye'), closed }
  }

  test('the old generation waits for what is open, and ends when that has', async (t) => {
    const second = await freePort()
    const inMakeService = LASTING.replace('LASTING', String(second))
    const { cwd, pid } = await told(t, { inMakeService })
    const client = await lasting(second)
    await reload(cwd)
    await waitFor(cwd, () => (client.text() === 'opentold' ? true : undefined))
    assert.ok(isAlive(pid))
    client.end()
    await client.closed
    await gone(pid)
  })

  test('what has not ended within --drain-timeout is cut, and counted in the log', async (t) => {
    const second = await freePort()
    const inMakeService = LASTING.replace('LASTING', String(second))
    const { cwd, pid, log } = await told(t, { inMakeService }, [], ['--drain-timeout', '0.5'])
    const clients = [await lasting(second), await lasting(second)]
    await reload(cwd)
    await Promise.all(clients.map(({ closed }) => closed))
    await gone(pid)
    assert.match(log(), /Not drained within 0\.5 seconds: cutting 2 connections\./)
  })

  test('a stop ends the generations that still drain too, and what it cuts is counted', async (t) => {
    const second = await freePort()
    const inMakeService = LASTING.replace('LASTING', String(second))
    const own = ['--drain-timeout', '1000']
    const { cwd, pid, log, processes } = await told(t, { inMakeService }, [], own)
    const clients = [await lasting(second), await lasting(second)]
    await reload(cwd)
    clients.push(await lasting(second))
    await reload(cwd)
    assert.equal(processes().length, 3)
    const last = pidIn(cwd)
    process.kill(last, 'SIGTERM')
    await Promise.all(clients.map(({ closed }) => closed))
    // Whoever is the daemon ends last.
    await gone(last)
    assert.deepEqual(processes(), [])
    const cut = [...log().matchAll(/Stopped while it drained: (.*)/g)].map(([, what]) => what)
    assert.deepEqual(cut.sort(), ['cutting 1 connection.', 'cutting 2 connections.'])
    assert.match(log(), new RegExp(`Generation 1 with pid ${pid} has stopped\\.`))
    assert.doesNotMatch(log(), /has drained/)
  })

  test('a generation that has stopped waits for those before it that drain, however long', async (t) => {
    const port = await freePort()
    const inMakeService = LASTING.replace('LASTING', String(port))
    const { cwd, pid, log } = await told(t, { inMakeService }, [], ['--stop-timeout', '0.5'])
    const client = await lasting(port)
    const second = (await reload(cwd)).pid
    await reload(cwd)
    const isDone = (): boolean => log().includes(`Generation 2 with pid ${second} has drained`)
    await waitFor(join(cwd, 'runner.log'), () => isDone() || undefined)
    // Longer than it may take to stop and to end.
    for (let i = 0; i < 2; i += 1) await reload(cwd)
    assert.ok(isAlive(second), log())
    client.end()
    for (const each of [pid, second]) await gone(each)
    assert.doesNotMatch(log(), /SIGKILL/)
  })

  test('with --nodaemon the first process stays, and ends as the one that serves', async (t) => {
    const cwd = tempDir(t)
    t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
    writePlugin(cwd)
    const port = await freePort()
    const { child, pid, line, ended } = foreground(t, ['told', '--port', String(port)], {
      cwd,
      env: { RELOAD_TEST: cwd },
    })
    await line(/serve starting/)
    await waitFor(join(cwd, 'runner.sock'), () =>
      existsSync(join(cwd, 'runner.sock')) ? true : undefined,
    )
    const second = await reload(cwd)
    assert.equal(await fetchFrom(port), `hello from ${second.pid}`)
    writePlugin(cwd, { says: 'again' })
    child.kill('SIGHUP')
    const [, third] = await line(/Generation 3 with pid (\d+) has taken over/)
    assert.equal(await fetchFrom(port), `again from ${third}`)
    assert.equal(pidIn(cwd), pid)
    await gone(second.pid)
    child.kill('SIGTERM')
    assert.equal((await ended).signal, 'SIGTERM')
    assert.match((await ended).stdout, /Received SIGTERM, shutting down\./)
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
    assert.deepEqual(processesWith(`RELOAD_TEST=${cwd}`), [])
  })

  test('a stop of a foreground run ends what still drains too, the first process among it', async (t) => {
    const cwd = tempDir(t)
    const processes = (): number[] => processesWith(`RELOAD_TEST=${cwd}`)
    t.after(() => endAll(processes))
    const second = await freePort()
    writePlugin(cwd, { inMakeService: LASTING.replace('LASTING', String(second)) })
    const words = ['--drain-timeout', '1000', 'told']
    const first = foreground(t, words, { cwd, env: { RELOAD_TEST: cwd } })
    await running(cwd)
    const clients = [await lasting(second)]
    await reload(cwd)
    clients.push(await lasting(second))
    await reload(cwd)
    assert.equal(processes().length, 3)
    first.child.kill('SIGTERM')
    await Promise.all(clients.map(({ closed }) => closed))
    const { signal, stdout } = await first.ended
    assert.equal(signal, 'SIGTERM')
    assert.doesNotMatch(stdout, /at once/)
    assert.match(stdout, /Generation 1 with pid \d+ has stopped\./)
    assert.match(stdout, /Generation 2 with pid \d+ has stopped\./)
    assert.deepEqual(processes(), [])
  })

  const ends: [how: string, end: string, signal: NodeJS.Signals, of: 'first' | 'serving'][] = [
    ['a stop of a foreground run', 'await new Promise(() => {})', 'SIGTERM', 'first'],
    ['the end of the one that serves in a foreground run', 'for (;;);', 'SIGKILL', 'serving'],
  ]

  for (const [how, inStart, signal, of] of ends) {
    test(`${how} ends first whoever was to succeed`, async (t) => {
      const cwd = tempDir(t)
      const processes = (): number[] => processesWith(`RELOAD_TEST=${cwd}`)
      t.after(() => endAll(processes))
      writePlugin(cwd)
      const first = foreground(t, ['told'], { cwd, env: { RELOAD_TEST: cwd } })
      await running(cwd)
      const serving = (await reload(cwd)).pid
      writePlugin(cwd, { inStart })
      first.child.kill('SIGHUP')
      await first.line(/(serve starting[\s\S]*){3}/)
      process.kill(of === 'first' ? first.pid : serving, signal)
      const end = await first.ended
      assert.deepEqual(processes(), [])
      if (of === 'first') assert.equal(end.signal, signal)
      else assert.equal(end.status, 137)
    })
  }

  test('the first process of a foreground run ends with the status of the one that serves', async (t) => {
    const cwd = tempDir(t)
    t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
    writePlugin(cwd)
    const running = foreground(t, ['told'], { cwd, env: { RELOAD_TEST: cwd } })
    await running.line(/serve starting/)
    writePlugin(cwd, { inStart: "process.on('SIGWINCH', () => process.exit(7))" })
    running.child.kill('SIGHUP')
    const [, second] = await running.line(/Generation 2 with pid (\d+) has taken over/)
    process.kill(Number(second), 'SIGWINCH')
    assert.equal((await running.ended).status, 7)
    assert.deepEqual(processesWith(`RELOAD_TEST=${cwd}`), [])
  })

  test('a foreground run whose first process is killed gives its port to the next at once, and ends', async (t) => {
    const cwd = tempDir(t)
    const processes = (): number[] => processesWith(`RELOAD_TEST=${cwd}`)
    t.after(() => endAll(processes))
    writePlugin(cwd, {
      imports: "import { existsSync } from 'node:fs'",
      inMakeService: `
        const slow = new Service()
        slow.stopService = async () => { while (!existsSync('go')) await sleep(0.02) }
        slow.setServiceParent(top)`,
    })
    const words = ['told', '--port', String(await freePort())]
    const env = { RELOAD_TEST: cwd }
    const first = foreground(t, words, { cwd, env })
    await running(cwd)
    await reload(cwd)
    first.child.kill('SIGKILL')
    const next = foreground(t, words, { cwd, env })
    await next.line(/serve starting/)
    assert.ok(processes().length > 1)
    writeFileSync(join(cwd, 'go'), '')
    await waitFor(cwd, () => (processes().length === 1 ? true : undefined))
  })

  const descriptors = (of: number): number => readdirSync(`/proc/${of}/fd`).length

  test('descriptors of the first process of a foreground run do not grow in number', async (t) => {
    const cwd = tempDir(t)
    t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
    writePlugin(cwd)
    const { pid } = foreground(t, ['told'], { cwd, env: { RELOAD_TEST: cwd } })
    await running(cwd)
    const second = (await reload(cwd)).pid
    await reload(cwd)
    await gone(second)
    const before = descriptors(pid)
    for (let i = 0; i < 3; i += 1) await reload(cwd)
    await waitFor(cwd, () => (descriptors(pid) <= before ? true : undefined))
  })

  test('a reload that fails leaves no descriptor open', async (t) => {
    const { cwd, pid } = await told(t)
    writePlugin(cwd, { inStart: "throw new Error('not today')" })
    await reload(cwd)
    const before = descriptors(pid)
    for (let i = 0; i < 3; i += 1) assert.equal((await reload(cwd)).status, 70)
    await waitFor(cwd, () => (descriptors(pid) <= before ? true : undefined))
  })

  const LOOPS = "process.on('SIGWINCH', () => { log.msg('loops'); for (;;); })"

  /** A foreground run whose second generation serves, or starts, and loops; its first process is killed. */
  async function leftLooping(t: TestContext, when: 'serves' | 'starts', own: readonly string[]) {
    const cwd = tempDir(t)
    const processes = (): number[] => processesWith(`RELOAD_TEST=${cwd}`)
    t.after(() => endAll(processes))
    const words = [...own, 'told', '--port', String(await freePort())]
    const env = { RELOAD_TEST: cwd }
    writePlugin(cwd, { inMakeService: LOOPS })
    const first = foreground(t, words, { cwd, env })
    await running(cwd)
    if (when === 'serves') process.kill((await reload(cwd)).pid, 'SIGWINCH')
    else {
      writePlugin(cwd, { inStart: "log.msg('loops'); for (;;);" })
      first.child.kill('SIGHUP')
    }
    await first.line(/ loops\n/)
    first.child.kill('SIGKILL')
    writePlugin(cwd)
    return { cwd, words, env, processes }
  }

  test('a generation that loops when the first process of its foreground run is killed ends too', async (t) => {
    const { cwd, processes } = await leftLooping(t, 'serves', ['--stop-timeout', '0.3'])
    await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
  })

  for (const when of ['serves', 'starts'] as const) {
    test(`one that loops and ${when} then does not keep the port from the next start`, async (t) => {
      const { cwd, words, env, processes } = await leftLooping(t, when, [])
      const next = foreground(t, words, { cwd, env })
      await next.line(/serve starting/)
      await running(cwd)
      assert.deepEqual(processes(), [next.pid])
      if (when === 'serves')
        assert.match(next.stdout(), /Ended by SIGKILL: pid \d+, which a killed/)
    })
  }

  test('descriptors and processes of a generation are as many as those of the first', async (t) => {
    const { cwd, pid, processes } = await told(t)
    await reload(cwd)
    const second = pidIn(cwd)
    await gone(pid)
    const before = descriptors(second)
    for (let i = 0; i < 4; i += 1) await reload(cwd)
    const last = pidIn(cwd)
    await waitFor(cwd, () => (processes().length === 1 ? true : undefined))
    await waitFor(cwd, () => (descriptors(last) <= before ? true : undefined))
  })

  for (const own of [[], ['--workers', '1']]) {
    const title = own.length > 0 ? 'workers that stop' : 'a daemon that stops'
    test(`${title} can’t be reloaded any more, and starts nothing`, async (t) => {
      const { cwd, pid, processes, log } = await told(
        t,
        { inMakeService: SLOW_TO_STOP.replace('8', '3') },
        [],
        own,
      )
      process.kill(pid, 'SIGTERM')
      const reloaded = await reload(cwd)
      assert.equal(reloaded.line, 'cannot reload told: it is being stopped')
      assert.equal(reloaded.status, 75)
      process.kill(pid, 'SIGHUP')
      await gone(pid)
      assert.deepEqual(processes(), [])
      assert.equal(log().match(/cannot reload told: it is being stopped/g)?.length, 2)
      assert.equal(log().match(/serve starting/g)?.length, 1)
    })
  }

  test('a daemon whose own files are gone says so, and stops in order after that', async (t) => {
    const { cwd, pid, bundle } = await installed(t)
    renameSync(bundle, `${bundle}.gone`)
    const { line = '', status } = await reload(cwd)
    assert.match(line, /^cannot reload told: runner itself is gone, which was \S+main\.js$/)
    assert.equal(status, 70)
    const { json } = await ask(join(cwd, 'runner.sock'), 'POST', '/stop')
    assert.deepEqual(json(), { late: [], status: 0 })
    await gone(pid)
  })

  test('a foreground run whose terminal is gone stops instead', async (t) => {
    if (noTerminal) return t.skip(noTerminal)
    const cwd = tempDir(t)
    const processes = (): number[] => processesWith(`RELOAD_TEST=${cwd}`)
    t.after(() => endAll(processes))
    writePlugin(cwd)
    const command = `${process.execPath} ${runnerBin} -n -l runner.log told`
    const terminal = spawn('script', ['-qc', command, '/dev/null'], {
      cwd,
      env: cleanEnv(cwd, { RELOAD_TEST: cwd }),
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const closed = once(terminal, 'close')
    await running(cwd)
    await reload(cwd)
    terminal.kill('SIGKILL')
    await closed
    await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
    const log = readFileSync(join(cwd, 'runner.log'), 'utf8')
    assert.match(log, /Received SIGHUP, for the terminal is gone\./)
    assert.match(log, /Server Shut Down\.\n$/)
  })

  test('the first process of a container refuses, in one line', async (t) => {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/unshare')) {
      return t.skip('needs root and unshare')
    }
    const cwd = tempDir(t)
    t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
    writePlugin(cwd)
    const own = ['--nodaemon', '--pidfile', 'runner.pid']
    const command = [process.execPath, runnerBin, ...own, 'told']
    const container = spawn('unshare', ['--pid', '--fork', '--mount-proc', ...command], {
      cwd,
      env: cleanEnv(cwd, { RELOAD_TEST: cwd }),
      stdio: 'ignore',
    })
    const closed = once(container, 'close')
    await running(cwd)
    const { line, hint, status } = await reload(cwd)
    assert.match(line ?? '', /^cannot reload told: it is the first process of a container, /)
    assert.equal(hint, 'restart the container, or run it with --workers')
    assert.equal(status, 69)
    const { code } = await ask(join(cwd, 'runner.sock'), 'POST', '/stop')
    assert.equal(code, 200)
    await closed
  })

  test('a service manager is told of the reload, and of the new main process, which is nobody’s child', async (t) => {
    const cwd = tempDir(t)
    const processes = (): number[] => processesWith(`RELOAD_TEST=${cwd}`)
    t.after(() => endAll(processes))
    const path = join(tempDir(t), 'notify')
    const heard = await serviceManager(t, path)
    writePlugin(cwd)
    const first = foreground(t, ['told'], { cwd, env: { RELOAD_TEST: cwd, NOTIFY_SOCKET: path } })
    assert.equal(await heard(), 'READY=1|STATUS=Generation 1 serves')
    writePlugin(cwd, { inStart: 'for (;;);' })
    first.child.kill('SIGHUP')
    assert.match(await heard(), /^RELOADING=1\|MONOTONIC_USEC=\d+\|STATUS=Reloading$/)
    await first.line(/Log opened[\s\S]*Log opened/)
    for (const pid of processes().filter((each) => each !== first.pid)) {
      assert.notEqual(Number(statusField(pid, 'PPid')), first.pid)
      process.kill(pid, 'SIGKILL')
    }
    assert.match(
      await heard(),
      /^READY=1\|STATUS=Generation 1 serves; the last reload failed: cannot reload told: /,
    )
    writePlugin(cwd)
    // Its output stays open, for the next one has it too.
    const exited = once(first.child, 'exit')
    first.child.kill('SIGHUP')
    assert.match(await heard(), /^RELOADING=1/)
    const [, pid] =
      /^MAINPID=(\d+)\|WATCHDOG=1\|READY=1\|STATUS=Generation 2 serves$/.exec(await heard()) ?? []
    assert.equal(pidIn(cwd), Number(pid))
    assert.deepEqual(await exited, [0, null])
    process.kill(Number(pid), 'SIGTERM')
    await waitFor(cwd, () => (processes().length === 0 ? true : undefined))
    assert.deepEqual(await heard.rest(), ['STOPPING=1|STATUS=Stopping'])
  })

  for (const [place, mode] of [
    ['a directory of its own', 0o777],
    ['a directory of root’s', 0o755],
  ] as const) {
    test(`a daemon that has shed its privileges keeps its low port, in ${place}`, async (t) => {
      if (noOtherUser) return t.skip(noOtherUser)
      const cwd = tempDir(t)
      chmodSync(cwd, mode)
      // What everybody may write to isn't used.
      const home = tempDir(t)
      chmodSync(home, 0o755)
      writePlugin(home)
      t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
      const port = await lowPort()
      const args = ['-u', 'nobody', '-g', 'nogroup', 'told', '--port', String(port)]
      const { pid, log } = await daemon(t, args, {
        cwd,
        env: { RELOAD_TEST: cwd, RUNNER_PLUGIN_PATH: join(home, 'plugins') },
      })
      for (let generation = 2; generation <= 3; generation += 1) {
        const reloaded = await reload(cwd)
        assert.deepEqual(reloaded, { pid: pidIn(cwd), generation })
        assert.equal(await fetchFrom(port), `hello from ${reloaded.pid}`)
        assert.match(readFileSync(`/proc/${reloaded.pid}/status`, 'utf8'), /^Uid:\t65534\t65534/m)
      }
      await gone(pid)
      // A list of processes has a line for it, and not a page.
      for (const keeper of keepersOf(cwd)) {
        assert.doesNotMatch(readFileSync(`/proc/${keeper}/cmdline`, 'utf8'), /\n/)
      }
      // Its log is rotated, too, by whom the first one has started for that.
      const last = pidIn(cwd)
      process.kill(last, 'SIGUSR1')
      await waitFor(cwd, () => (existsSync(join(cwd, 'runner.log.1')) ? true : undefined))
      assert.equal(statSync(join(cwd, 'runner.log')).uid, 65534)
      process.kill(last, 'SIGTERM')
      await waitFor(cwd, () => (existsSync(join(cwd, 'runner.pid')) ? undefined : true))
      await waitFor(cwd, () => (existsSync(join(cwd, 'runner.sock')) ? undefined : true))
      assert.match(readFileSync(join(cwd, 'runner.log'), 'utf8'), /Server Shut Down\./)
      assert.match(log() + readFileSync(join(cwd, 'runner.log.1'), 'utf8'), /Generation 3/)
      await waitFor(cwd, () => (keepersOf(cwd).length === 0 ? true : undefined))
    })
  }
})

/** Asks until there is an answer. */
async function waitForReply(asks: () => Promise<ControlReply>): Promise<ControlReply> {
  return await until('an answer', () => asks().catch(() => undefined))
}
