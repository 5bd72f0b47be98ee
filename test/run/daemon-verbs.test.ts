import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { ask } from '../helpers/control.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import {
  type Daemon,
  daemon,
  gone,
  isAlive,
  type Running,
  runner,
  startRunner,
} from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const execFileAsync = promisify(execFile)
const needsRoot = process.getuid?.() === 0 ? false : 'needs root'

type Started = Daemon & { cwd: string; socket: string }

async function started(t: TestContext, ...args: string[]): Promise<Started> {
  const cwd = tempDir(t)
  const running = await daemon(t, args.length > 0 ? args : ['probe'], { cwd, env })
  return { ...running, cwd, socket: join(cwd, 'runner.sock') }
}

/** Runs a verb and takes it apart: its status, what it printed, and what it complained of. */
async function verb(cwd: string, ...args: string[]): Promise<[number | null, string, string]> {
  const { status, stdout, stderr } = await runner(args, { cwd, env })
  return [status, stdout, stderr]
}

const verbs = ['status', 'stop', 'reload', 'logs', 'debug', 'profile', 'heap']

function eachVerb(cwd: string, pidfile: string): Promise<[number | null, string, string][]> {
  return Promise.all(verbs.map((name) => verb(cwd, name, '--pidfile', pidfile)))
}

test('each verb has its help, and is particular about its words', async (t) => {
  const cwd = tempDir(t)
  for (const name of verbs) {
    const [status, stdout] = await verb(cwd, name, '--help')
    assert.equal(status, 0)
    assert.match(stdout, new RegExp(`^Usage: runner ${name} \\[options\\]\n`))
    assert.match(stdout, /--pidfile/)
    const wrong = [['--colour'], ['word'], ['--pidfile'], ['--pidfile=']]
    const ended = await Promise.all(wrong.map((words) => verb(cwd, name, ...words)))
    for (const [usage, nothing, line] of ended) {
      assert.deepEqual([usage, nothing], [64, ''])
      assert.match(line, new RegExp(`^runner: cannot run ${name}: .+\nhint: .+\n$`))
    }
  }
})

test('without a daemon each verb says so in one line, with status 69', async (t) => {
  const cwd = tempDir(t)
  for (const [status, stdout, stderr] of await eachVerb(cwd, 'no.pid')) {
    assert.deepEqual([status, stdout], [69, ''])
    assert.match(stderr, /^runner: cannot .*: no daemon has the pid file \S+no\.pid\nhint: .*\n$/)
  }
  assert.deepEqual(await verb(cwd, 'status'), [
    69,
    '',
    'runner: cannot show status: no daemon of yours is running\n',
  ])
  assert.deepEqual(readdirSync(cwd), [])
})

test('a pid file that is stale, or none, is said to be so', async (t) => {
  const { pid, cwd } = await started(t)
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  for (const [status, , stderr] of await eachVerb(cwd, 'runner.pid')) {
    assert.equal(status, 69)
    assert.match(stderr, new RegExp(`^runner: cannot .*: the daemon of \\S+ is gone, pid ${pid}\n`))
  }
  writeFileSync(join(cwd, 'runner.pid'), 'garbage')
  for (const [status, , stderr] of await eachVerb(cwd, 'runner.pid')) {
    assert.equal(status, 78)
    assert.match(stderr, /^runner: cannot read pid file \S+: it contains no process id\n/)
  }
})

test("another user's daemon is not for a verb, with status 77", { skip: needsRoot }, async (t) => {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  await daemon(t, ['--umask', '022', 'probe'], { cwd, env })
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const command = [...nobody, process.execPath, runnerBin]
  for (const readable of [true, false]) {
    chmodSync(join(cwd, 'runner.pid'), readable ? 0o644 : 0o600)
    for (const name of verbs) {
      const args = [name, '--pidfile', join(cwd, 'runner.pid')]
      const { status, stderr } = await runner(args, { cwd: '/', env, command })
      assert.equal(status, 77, stderr)
      assert.match(stderr, /^runner: cannot .*: the daemon of \S+ is another user's\n$/)
    }
  }
})

test('a daemon that hangs is given up, with status 75 and what can be done', async (t) => {
  const { pid, cwd } = await started(t)
  process.kill(pid, 'SIGSTOP')
  const all = await eachVerb(cwd, 'runner.pid')
  process.kill(pid, 'SIGKILL')
  for (const [status, stdout, stderr] of all) {
    assert.deepEqual([status, stdout], [75, ''])
    assert.match(
      stderr,
      new RegExp(`^runner: cannot .*: pid ${pid} does not answer\nhint: .*(kill -9|--logfile)`),
    )
  }
  assert.deepEqual(readdirSync(cwd).sort(), ['runner.log', 'runner.pid', 'runner.sock'])
})

test('a daemon without its control socket is told from one that is not there, and stopped', async (t) => {
  const { pid, cwd, socket } = await started(t)
  unlinkSync(socket)
  for (const name of verbs.filter((each) => each !== 'stop')) {
    const [status, , stderr] = await verb(cwd, name, '--pidfile', 'runner.pid')
    assert.equal(status, 69)
    assert.match(stderr, new RegExp(`: pid ${pid} has no control socket \\S+runner\\.sock\nhint: `))
  }
  assert.deepEqual(await verb(cwd, 'stop'), [0, '', ''])
  assert.ok(!isAlive(pid))
})

test('what answers in the place of a daemon and is none is said to be so', async (t) => {
  const cwd = tempDir(t)
  let answer = ''
  const server = createServer((client) => client.on('error', () => {}).end(answer))
  server.listen(join(cwd, 'runner.sock'))
  t.after(() => server.close())
  writeFileSync(join(cwd, 'runner.pid'), String(process.pid))
  for (answer of [
    'hello\r\n',
    'HTTP/1.1 200 OK\r\n\r\nfoo',
    'HTTP/1.1 200 OK\r\n\r\nnull',
    'HTTP/1.1 404 Not Found\r\n\r\n<p>no</p>',
  ]) {
    const [status, , stderr] = await verb(cwd, 'status', '--pidfile', 'runner.pid')
    assert.equal(status, 69)
    assert.match(stderr, /^runner: cannot show status: \S+ is no control socket of runner's\n$/)
  }
})

/** A process that is no runner, under any user's id. */
function bystander(t: TestContext, ...before: string[]): number {
  const [command = '', ...args] = [...before, 'sleep', '300']
  const child = spawn(command, args, { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  return child.pid as number
}

test('a process that holds no lock of its pid file is no daemon, and is let be', async (t) => {
  const cwd = tempDir(t)
  const pid = bystander(t)
  writeFileSync(join(cwd, 'runner.pid'), String(pid))
  for (const [status, stdout, stderr] of await eachVerb(cwd, 'runner.pid')) {
    assert.deepEqual([status, stdout], [69, ''])
    assert.match(
      stderr,
      new RegExp(
        `^runner: cannot .*: pid ${pid} is no daemon's: nobody holds the lock of .*\nhint: `,
      ),
    )
  }
  assert.equal((await verb(cwd, 'status'))[0], 69)
  assert.ok(isAlive(pid))
})

test('root stops no process by the pid file of a user whose process it is not', {
  skip: needsRoot,
}, async (t) => {
  const cwd = tempDir(t)
  const pidfile = join(cwd, 'runner.pid')
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const [roots, theirs] = [bystander(t), bystander(t, ...nobody)]
  writeFileSync(pidfile, '')
  const holder = spawn('flock', ['-x', pidfile, 'sh', '-c', 'echo; exec sleep 300'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  t.after(() => process.kill(-(holder.pid as number), 'SIGKILL'))
  await once(holder.stdout, 'data')
  chownSync(pidfile, 65534, 65534)
  writeFileSync(pidfile, String(roots))
  const [status, , stderr] = await verb(cwd, 'stop')
  assert.equal(status, 77)
  assert.match(
    stderr,
    new RegExp(
      `^runner: cannot stop: \\S+ belongs to a user who is not that of pid ${roots}\nhint: `,
    ),
  )
  assert.ok(isAlive(roots))
  writeFileSync(pidfile, String(theirs))
  assert.deepEqual(await verb(cwd, 'stop'), [0, '', ''])
  assert.ok(!isAlive(theirs))
})

test('a daemon that was reloaded, has workers or shed its privileges is stopped by signal', {
  skip: noOtherUser,
}, async (t) => {
  for (const [args, reloads] of [
    [['probe'], true],
    [['--workers', '2', 'probe'], true],
    [['-u', 'nobody', 'probe'], false],
    [['--euid', '-u', 'nobody', 'probe'], false],
  ] as const) {
    const { cwd, socket, pidfile } = await started(t, ...args)
    chmodSync(cwd, 0o755)
    if (reloads) assert.equal((await verb(cwd, 'reload'))[0], 0)
    const pid = Number(readFileSync(pidfile, 'utf8'))
    unlinkSync(socket)
    assert.deepEqual(await verb(cwd, 'stop'), [0, '', ''])
    assert.ok(!isAlive(pid))
  }
})

test('runner status shows one daemon, as text and as the JSON of its control socket', async (t) => {
  const { pid, cwd, socket } = await started(t, 'probe', '--port', '0')
  const [, json] = await verb(cwd, 'status', '--json', '--pidfile', 'runner.pid')
  const told = (await ask(socket, 'GET', '/status')).json()
  const { cpu, loopLag, memory, ...rest } = JSON.parse(json)
  assert.deepEqual({ ...told, cpu, loopLag, memory }, { ...rest, cpu, loopLag, memory })
  const port = told.listeners[0]?.port
  for (const args of [
    ['status', '--pidfile', 'runner.pid'],
    ['--pidfile', 'runner.pid', 'status'],
  ]) {
    const [status, text, stderr] = await verb(cwd, ...args)
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(text, /^probe: running since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\d+ s\)\n/)
    assert.match(text, new RegExp(`^  process +pid ${pid}, generation 1$`, 'm'))
    assert.match(text, new RegExp(`^  log +${join(cwd, 'runner.log')}$`, 'm'))
    assert.match(text, /^ {4}b +running +\d\d:\d\d:\d\d$/m)
    assert.match(
      text,
      new RegExp(`^    TCPServer +running.* tcp 127\\.0\\.0\\.1:${port} +0 +0$`, 'm'),
    )
  }
})

test('no control character of a name reaches the terminal', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(
    join(cwd, 'plugins', 'evil.mjs'),
    `import { defineServiceMaker, MultiService, Service } from 'runnerd'
export const evil = defineServiceMaker({
  tapname: 'evil',
  description: 'Draws on the terminal.',
  options: {},
  makeService() {
    const top = new MultiService()
    class Inner extends Service {
      describe() {
        return {
          listeners: [{ kind: '\\x1b[2J', address: 'a\\nb' }],
          details: { 'k\\x07': '\\x9b31m' },
        }
      }
    }
    const inner = new Inner()
    inner.setName('red\\x1b[31m\\r\\u202ename')
    inner.setServiceParent(top)
    const bad = new Service()
    bad.describe = () => { throw new Error('never mind') }
    bad.setServiceParent(top)
    const round = new Service()
    round.describe = () => ({ listeners: 1, details: round })
    round.setServiceParent(top)
    return top
  },
})
`,
  )
  await daemon(t, ['evil'], { cwd })
  const { status, stdout } = await runner(['status'], { cwd })
  assert.equal(status, 0)
  assert.match(stdout, /^ {4}red\[31mname +running .*\[2J ab/m)
  assert.match(stdout, /^ {6}k: 31m$/m)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e]/)
})

test("runner status finds all of a user's daemons, and forgets those that died", async (t) => {
  const runtime = join(tempDir(t), 'daemons')
  const withRuntime = { ...env, RUNNER_RUNTIME_DIR: runtime }
  const dirs = [tempDir(t), tempDir(t)] as const
  const first = await daemon(t, ['probe'], { cwd: dirs[0], env: withRuntime })
  const second = await daemon(t, ['probe'], { cwd: dirs[1], env: withRuntime })
  assert.equal(statSync(runtime).mode & 0o777, 0o700)
  const pids = async (cwd: string): Promise<number[]> => {
    const { stdout } = await runner(['status', '--json'], { cwd, env: withRuntime })
    return JSON.parse(stdout).map(({ pid }: { pid: number }) => pid)
  }
  assert.deepEqual(await pids(tempDir(t)), [first.pid, second.pid])
  await first.stop('SIGTERM')
  assert.deepEqual(readdirSync(runtime), [String(second.pid)])
  symlinkSync('/nowhere/runner.pid', join(runtime, '4000000'))
  await second.stop('SIGKILL')
  assert.deepEqual(readdirSync(runtime).sort(), ['4000000', String(second.pid)].sort())
  assert.deepEqual(await pids(tempDir(t)), [])
  assert.deepEqual(readdirSync(runtime), [])
})

test('without a directory of the user only the daemon of this directory is found', async (t) => {
  const cwd = tempDir(t)
  const runtime = join(tempDir(t), 'daemons')
  mkdirSync(runtime)
  // Anybody may write to it: it is not believed.
  chmodSync(runtime, 0o777)
  const withRuntime = { ...env, RUNNER_RUNTIME_DIR: runtime }
  const { pid } = await daemon(t, ['probe'], { cwd, env: withRuntime })
  assert.deepEqual(readdirSync(runtime), [])
  const { stdout } = await runner(['status', '--json'], { cwd, env: withRuntime })
  assert.equal(JSON.parse(stdout)[0].pid, pid)
})

test('a hung daemon does not keep the others from being shown', async (t) => {
  const runtime = join(tempDir(t), 'daemons')
  const withRuntime = { ...env, RUNNER_RUNTIME_DIR: runtime }
  const hung = await daemon(t, ['probe'], { cwd: tempDir(t), env: withRuntime })
  const well = await daemon(t, ['probe'], { cwd: tempDir(t), env: withRuntime })
  process.kill(hung.pid, 'SIGSTOP')
  const { status, stdout, stderr } = await runner(['status'], { cwd: tempDir(t), env: withRuntime })
  assert.equal(status, 75)
  assert.match(stdout, new RegExp(`pid ${well.pid}`))
  assert.match(stderr, new RegExp(`pid ${hung.pid} does not answer`))
  assert.ok(readdirSync(runtime).includes(String(hung.pid)))
})

test('runner stop ends when the process has, with 0', async (t) => {
  const cwd = tempDir(t)
  // All its services have stopped, and it lingers.
  writeFileSync(
    join(cwd, 'lingers.tac.mjs'),
    `import { Application } from 'runnerd'
export const application = new Application('lingers')
process.on('exit', () => {
  for (const until = performance.now() + 1000; performance.now() < until; );
})
`,
  )
  const { pid } = await daemon(t, ['--tac', 'lingers.tac.mjs'], { cwd, env })
  assert.deepEqual(await verb(cwd, 'stop'), [0, '', ''])
  assert.ok(!isAlive(pid))
  assert.deepEqual(readdirSync(cwd).sort(), ['lingers.tac.mjs', 'runner.log'])
  assert.equal((await verb(cwd, 'stop'))[0], 69)
})

/** A daemon whose process does something in a listener of 'exit', when all its services have stopped. */
async function endingWith(t: TestContext, atExit: string, ...own: string[]): Promise<Started> {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  writeFileSync(
    join(cwd, 'ends.tac.mjs'),
    `import { Application } from 'runnerd'
export const application = new Application('ends')
process.on('exit', () => { ${atExit} })
`,
  )
  const args = [...own, '--stop-timeout', '0.3', '--tac', 'ends.tac.mjs']
  return { ...(await daemon(t, args, { cwd, env })), cwd, socket: join(cwd, 'runner.sock') }
}

for (const [whose, own] of [
  ['a daemon', []],
  ['a daemon of another user', ['--uid', 'nobody']],
] as const) {
  test(`runner stop waits until ${whose} that loops at its end is killed, and says so, with 70`, {
    skip: own.length > 0 && noOtherUser,
  }, async (t) => {
    const { pid, cwd, log } = await endingWith(t, 'for (;;);', ...own)
    const [status, stdout, stderr] = await verb(cwd, 'stop')
    assert.ok(!isAlive(pid))
    assert.deepEqual([status, stdout], [70, ''])
    assert.match(
      stderr,
      new RegExp(`^runner: cannot stop: pid ${pid} ended only by SIGKILL\nhint: `),
    )
    assert.match(log(), /listener of 'exit', loops\n.*Ending by SIGKILL\.\n$/)
  })
}

test('an answer to POST /stop comes to its end with the process, and is cut with it', async (t) => {
  const [throws, loops] = await Promise.all([
    endingWith(t, "throw new Error('at exit')"),
    endingWith(t, 'for (;;);'),
  ])
  const reply = await ask(throws.socket, 'POST', '/stop')
  assert.deepEqual(reply.json<object>(), { late: [], status: 0 })
  await gone(throws.pid)
  await assert.rejects(ask(loops.socket, 'POST', '/stop'), /aborted/)
  await gone(loops.pid)
})

test('a daemon that sheds its privileges is found by root and by its own user', {
  skip: noOtherUser,
}, async (t) => {
  const [cwd, tmp] = [tempDir(t), tempDir(t)]
  for (const dir of [cwd, tmp]) chmodSync(dir, 0o1777)
  const places = { ...env, RUNNER_RUNTIME_DIR: '', XDG_RUNTIME_DIR: '', TMPDIR: tmp }
  const { pid, stop } = await daemon(t, ['-u', 'nobody', 'probe'], { cwd, env: places })
  assert.deepEqual(readdirSync(tmp).sort(), ['runner-0', 'runner-65534'])
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  for (const before of [[], nobody]) {
    const command = [...before, process.execPath, runnerBin]
    const { stdout } = await runner(['status', '--json'], { cwd: '/', env: places, command })
    assert.deepEqual(
      JSON.parse(stdout).map((each: { pid: number }) => each.pid),
      [pid],
    )
  }
  await stop('SIGTERM')
  assert.deepEqual(readdirSync(join(tmp, 'runner-65534')), [])
  assert.equal((await runner(['status'], { cwd: '/', env: places })).status, 69)
  assert.deepEqual(readdirSync(join(tmp, 'runner-0')), [])
})

for (const [what, own, mode, by] of [
  ['by runner stop of root', ['-u', 'nobody'], 0o1777, 'verb'],
  ['by the keeper, where root has the pid file', ['-u', 'nobody'], 0o755, 'SIGTERM'],
  ['by the keeper of one that was killed', ['-u', 'nobody'], 0o755, 'SIGKILL'],
  ['by itself, with --euid', ['--euid', '-u', 'nobody'], 0o1777, 'SIGTERM'],
] as const) {
  for (const reloads of by === 'SIGKILL' ? [0] : [0, 1]) {
    const when = reloads > 0 ? ', after a reload' : ''
    test(`root's link to a daemon that sheds privileges goes at its end ${what}${when}`, {
      skip: noOtherUser,
    }, async (t) => {
      const [cwd, tmp] = [tempDir(t), tempDir(t)]
      for (const dir of [cwd, tmp]) chmodSync(dir, dir === tmp ? 0o1777 : mode)
      const places = { ...env, RUNNER_RUNTIME_DIR: join(tmp, 'runner-0') }
      await daemon(t, [...own, 'probe'], { cwd, env: places })
      if (reloads > 0) assert.equal((await verb(cwd, 'reload'))[0], 0)
      const { stdout } = await runner(['status'], { cwd: '/', env: places })
      const pid = Number(readFileSync(join(cwd, 'runner.pid'), 'utf8'))
      t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
      assert.match(stdout, new RegExp(`pid ${pid}`), 'root finds it')
      if (by === 'verb') {
        assert.equal((await runner(['stop'], { cwd, env: places })).status, 0)
      } else process.kill(pid, by)
      await gone(pid)
      const links = (): string[] => readdirSync(join(tmp, 'runner-0'))
      await waitFor(tmp, () => links().length === 0 || undefined)
    })
  }
}

test('runner stop waits for as long as the daemon shows that it is at it', async (t) => {
  // Longer than a daemon may be silent before it is given up.
  const { pid, cwd } = await started(t, 'probe', '--slow', 'stop:b', '--seconds', '5.5')
  assert.deepEqual(await verb(cwd, 'stop'), [0, '', ''])
  assert.ok(!isAlive(pid))
})

test('runner stop names what did not stop, with status 70', async (t) => {
  const { pid, cwd } = await started(t, '--stop-timeout', '0.3', 'probe', '--hang', 'stop:b')
  const [status, stdout, stderr] = await verb(cwd, 'stop')
  assert.deepEqual([status, stdout], [70, ''])
  assert.match(
    stderr,
    new RegExp(
      `^runner: cannot stop: pid ${pid} ended, but not all had stopped in order: MultiService/b\nhint: `,
    ),
  )
  assert.ok(!isAlive(pid))
})

test('a daemon that is killed while it stops has not stopped, with status 70', async (t) => {
  const { pid, cwd, log } = await started(t, 'probe', '--slow', 'stop:b', '--seconds', '30')
  const stopping = verb(cwd, 'stop')
  await waitFor(cwd, () => (log().includes('Told to stop') ? true : undefined))
  process.kill(pid, 'SIGKILL')
  const [status, , stderr] = await stopping
  assert.equal(status, 70)
  assert.match(
    stderr,
    /^runner: cannot stop: pid \d+ ended before all its services had stopped\nhint: /,
  )
})

test('two that stop a daemon at once both see it stop', async (t) => {
  const cwd = tempDir(t)
  // At whatever pace the two come, it hasn't stopped before both have asked.
  writeFileSync(
    join(cwd, 'waits.tac.mjs'),
    `import { subscribe } from 'node:diagnostics_channel'
import { Application, Service } from 'runnerd'
export const application = new Application('waits')
let asked = 0
const both = new Promise((resolve) => {
  subscribe('http.server.request.start', ({ request }) => {
    if (request.url === '/stop' && ++asked === 2) resolve()
  })
})
class Waits extends Service {
  async stopService() {
    await both
    await super.stopService()
  }
}
new Waits().setServiceParent(application)
`,
  )
  const { log } = await daemon(t, ['--tac', 'waits.tac.mjs'], { cwd, env })
  const both = await Promise.all([verb(cwd, 'stop'), verb(cwd, 'stop')])
  assert.deepEqual(both, [
    [0, '', ''],
    [0, '', ''],
  ])
  assert.match(log(), /Server Shut Down\.\n$/)
})

test('runner profile and runner heap write files, and runner debug prints where to attach', async (t) => {
  const { cwd, pid } = await started(t)
  const [, name] = await verb(cwd, 'profile', '--seconds', '0.2')
  assert.match(name, new RegExp(`^runner-${pid}-\\d{8}T\\d{6}\\.cpuprofile\n$`))
  assert.ok(JSON.parse(readFileSync(join(cwd, name.trim()), 'utf8')).nodes.length > 0)
  assert.deepEqual(await verb(cwd, 'heap', '--output', 'the.heapsnapshot'), [
    0,
    'the.heapsnapshot\n',
    '',
  ])
  const file = join(cwd, 'the.heapsnapshot')
  assert.ok(JSON.parse(readFileSync(file, 'utf8')).snapshot.node_count > 1000)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const [, url] = await verb(cwd, 'debug')
  assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+\/\S+\n$/)
  assert.deepEqual(await verb(cwd, 'debug'), [0, url, ''])
  const [status, , line] = await verb(cwd, 'heap', '--output', 'no/such')
  assert.equal(status, 73)
  assert.match(line, /^runner: cannot take a heap snapshot: cannot write no\/such: no such dir/)
  assert.equal((await verb(cwd, 'profile', '--seconds', '-1'))[0], 64)
})

test('a file that is written leaves links, devices and pipes what they are', async (t) => {
  const { cwd } = await started(t)
  const at = (name: string): string => join(cwd, name)
  const before = readdirSync(cwd)
  const isProfile = (text: string): boolean => JSON.parse(text).nodes.length > 0
  const profile = (...args: string[]): ReturnType<typeof verb> =>
    verb(cwd, 'profile', '--seconds', '0.1', ...args)
  mkdirSync(at('there'))
  symlinkSync('there/old', at('l'))
  symlinkSync('there/new', at('dangling'))
  writeFileSync(at('there/old'), 'old')
  for (const [name, target] of [
    ['l', 'there/old'],
    ['dangling', 'there/new'],
  ] as const) {
    assert.deepEqual(await profile('--output', name), [0, `${name}\n`, ''])
    assert.ok(lstatSync(at(name)).isSymbolicLink())
    assert.ok(isProfile(readFileSync(at(target), 'utf8')))
  }
  assert.deepEqual(readdirSync(at('there')), ['new', 'old'])
  execFileSync('mkfifo', [at('fifo')])
  const reader = execFileAsync('cat', [at('fifo')], { maxBuffer: 1e8 })
  assert.deepEqual(await profile('--output', 'fifo'), [0, 'fifo\n', ''])
  assert.ok(isProfile((await reader).stdout))
  assert.ok(lstatSync(at('fifo')).isFIFO())
  const [status, text] = await profile('--output', '-')
  assert.equal(status, 0)
  assert.ok(isProfile(text))
  for (const [output, wrong, line] of [
    ['', 64, 'cannot run profile: option --output needs the name of a file\nhint: .*'],
    ['there', 73, 'cannot profile: cannot write there: it is a directory'],
    ['.', 73, `cannot profile: cannot write ${cwd}: it is a directory`],
  ] as const) {
    const [ended, , stderr] = await profile('--output', output)
    assert.equal(ended, wrong)
    assert.match(stderr, new RegExp(`^runner: ${line}\n$`))
  }
  const ours = ['there', 'l', 'dangling', 'fifo']
  assert.deepEqual(readdirSync(cwd).sort(), [...before, ...ours].sort())
})

test('a full device is written into, which fails with status 73, and it stays', {
  skip: needsRoot,
}, async (t) => {
  const { cwd } = await started(t)
  const full = join(cwd, 'full')
  // As /dev/full.
  execFileSync('mknod', [full, 'c', '1', '7'])
  assert.deepEqual(await verb(cwd, 'heap', '--output', 'full'), [
    73,
    '',
    'runner: cannot take a heap snapshot: cannot write full: no space left on device\n',
  ])
  assert.ok(lstatSync(full).isCharacterDevice())
})

/** Starts a long profile, and waits until the daemon records it. */
async function profiling(cwd: string, socket: string): Promise<Running> {
  const start = (): Running => startRunner(['profile', '--seconds', '600'], { cwd, env })
  let running = start()
  while ((await ask(socket, 'POST', '/profile?seconds=0.01')).code === 200) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    // It was refused if it came while one of these was recorded.
    if (running.child.exitCode !== null) running = start()
  }
  return running
}

test('a profile that is broken off leaves no file, and no recording', async (t) => {
  const { cwd, socket } = await started(t)
  const running = await profiling(cwd, socket)
  running.child.kill('SIGINT')
  assert.equal((await running.ended).signal, 'SIGINT')
  assert.deepEqual(readdirSync(cwd).sort(), ['runner.log', 'runner.pid', 'runner.sock'])
  while ((await ask(socket, 'POST', '/profile?seconds=0.01')).code !== 200);
})

test('a profile of a daemon that is killed leaves no file, and says so', async (t) => {
  const { cwd, socket, pid } = await started(t)
  const running = await profiling(cwd, socket)
  process.kill(pid, 'SIGKILL')
  const { status, stderr } = await running.ended
  assert.equal(status, 69)
  assert.match(
    stderr,
    new RegExp(`^runner: cannot profile: the daemon of \\S+ is gone, pid ${pid}\n`),
  )
  assert.deepEqual(readdirSync(cwd).sort(), ['runner.log', 'runner.pid', 'runner.sock'])
})
