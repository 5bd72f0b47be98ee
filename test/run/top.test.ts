import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { cleanEnv, type Daemon, daemon, gone, runner, send } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { noTerminal, Terminal } from '../helpers/terminal.ts'

const PROMPT = 'READY> '
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** A place of its own for daemons to be entered in. */
function place(t: TestContext): NodeJS.ProcessEnv {
  return {
    RUNNER_PLUGIN_PATH: join(fixtures, 'probe'),
    RUNNER_RUNTIME_DIR: join(tempDir(t), 'daemons'),
  }
}

type Started = Daemon & { readonly cwd: string }

async function started(
  t: TestContext,
  env: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<Started> {
  const cwd = tempDir(t)
  return { ...(await daemon(t, args.length > 0 ? args : ['probe'], { cwd, env })), cwd }
}

/** One whose name would clear the screen. */
async function startedWithName(t: TestContext, env: NodeJS.ProcessEnv): Promise<Started> {
  const cwd = tempDir(t)
  writeFileSync(
    join(cwd, 'odd.tac.mjs'),
    `import { Application } from 'runnerd'
export const application = new Application('\\u001b[2J詩\\n')
`,
  )
  return { ...(await daemon(t, ['--tac', 'odd.tac.mjs'], { cwd, env })), cwd }
}

test('status --all and top --once show every daemon in a line, wherever one is', async (t) => {
  const env = place(t)
  const [one, several, odd, hung] = await Promise.all([
    started(t, env),
    started(t, env, '--workers', '2', 'probe'),
    startedWithName(t, env),
    started(t, env),
  ])
  const { cwd, pidfile } = one
  process.kill(hung.pid, 'SIGSTOP')
  const all = ['status', '--all']
  const [table, elsewhere, once, json, of] = await Promise.all([
    runner(all, { cwd, env }),
    runner(all, { cwd: tempDir(t), env: { ...env, RUNNER_PIDFILE: pidfile } }),
    runner(['top', '--once', '--interval', '0.2'], { cwd, env }),
    runner([...all, '--json'], { cwd, env }),
    runner([...all, '--pidfile', pidfile], { cwd, env }),
  ])
  process.kill(hung.pid, 'SIGCONT')
  assert.equal(of.status, 64)
  assert.match(of.stderr, /^runner: cannot run status: .*all.*pidfile/)
  const uptime = String.raw`\d+ s`
  const rest = (workers: string, its: Daemon, rates = ''): string =>
    ` +running +${uptime} +0${rates} +\\d+\\.\\d MB +[\\d.]+ ms +1 +${workers} +${its.pidfile}$`
  const silent = new RegExp(`^- +${hung.pid} +no answer( +-)+ +${hung.pidfile}$`, 'm')
  for (const { status, stdout, stderr } of [table, elsewhere, once]) {
    assert.equal(status, 75)
    const rates = stdout === once.stdout ? String.raw` +\d+\.\d +\d+\.\d` : ''
    assert.match(
      stdout,
      /^NAME +PID +STATE +UP +OPEN .*MEMORY +LAG +GEN +WORKERS +RESTARTS +PID FILE\n/,
    )
    assert.equal(/ CONN\/S +CPU% /.test(stdout), rates !== '')
    assert.match(stdout, new RegExp(`^probe +${one.pid}${rest('- +-', one, rates)}`, 'm'))
    assert.match(stdout, new RegExp(`^probe +${several.pid}${rest('2/2 +0', several, rates)}`, 'm'))
    assert.match(stdout, new RegExp(`^\\[2J詩 +${odd.pid}${rest('- +-', odd, rates)}`, 'm'))
    assert.match(stdout, silent)
    assert.equal(stdout.split('\n').length, 6)
    assert.match(stderr, new RegExp(`^runner: .*: pid ${hung.pid} does not answer\nhint: .*\n$`))
  }
  const pids = (JSON.parse(json.stdout) as RunStatus[]).map(({ pid }) => pid)
  assert.deepEqual(pids.sort(), [one.pid, several.pid, odd.pid].sort())
})

test('top says in one line what it needs, and that there is nobody', async (t) => {
  const [cwd, env] = [tempDir(t), place(t)]
  const bare = await runner(['top'], { cwd, env })
  assert.deepEqual(bare, {
    status: 64,
    signal: null,
    stdout: '',
    stderr:
      'runner: cannot run top: stdin and stdout are no terminal\n' +
      'hint: runner top --once prints the table and ends\n',
  })
  for (const words of [['--interval', '0'], ['--interval', 'soon'], ['--interval', '1e9'], ['x']]) {
    const { status, stdout, stderr } = await runner(['top', ...words], { cwd, env })
    assert.deepEqual([status, stdout], [64, ''])
    assert.match(
      stderr,
      /^runner: cannot run top: .+\nhint: runner top --help lists the options\n$/,
    )
  }
  const line = ': no daemon of yours is running\n'
  // No pid file is as good as any.
  for (const own of [env, { ...env, RUNNER_PIDFILE: '' }]) {
    const { status, stdout, stderr } = await runner(['top', '--once'], { cwd, env: own })
    assert.deepEqual([status, stdout, stderr], [69, '', `runner: cannot show daemons${line}`])
    const all = await runner(['status', '--all'], { cwd, env: own })
    assert.deepEqual(
      [all.status, all.stdout, all.stderr],
      [69, '', `runner: cannot show status${line}`],
    )
  }
})

/** A shell on a terminal where `runner top` is a word. */
class Shell {
  readonly terminal: Terminal
  readonly tty: string
  readonly settings: string

  static async open(t: TestContext, env: NodeJS.ProcessEnv): Promise<Shell> {
    const cwd = tempDir(t)
    mkdirSync(join(cwd, 'bin'))
    writeFileSync(
      join(cwd, 'bin', 'top'),
      `#!/bin/sh\necho "pid <$$>"\nexec '${process.execPath}' '${runnerBin}' top "$@"\n`,
      { mode: 0o755 },
    )
    writeFileSync(
      join(cwd, 'faulty.cjs'),
      `process.on('SIGALRM', () => { throw new Error('of nobody') })`,
    )
    const terminal = await Terminal.open(t, 'bash --norc --noprofile -i', {
      cwd,
      env: cleanEnv(cwd, { ...env, TERM: 'xterm', HOME: cwd }),
    })
    await terminal.run('stty cols 120 rows 20')
    const ttyShown = await terminal.run('tty')
    const tty = /\/dev\/\S+/.exec(ttyShown)?.[0] ?? assert.fail(ttyShown)
    return new Shell(terminal, tty, await Shell.settings(terminal))
  }

  private constructor(terminal: Terminal, tty: string, settings: string) {
    this.terminal = terminal
    this.tty = tty
    this.settings = settings
  }

  /** @returns the pid of what is drawn by then */
  async top(command = 'bin/top --interval 0.5'): Promise<number> {
    this.terminal.type(`${command}\r`)
    await this.terminal.shows('pid <')
    const pid = Number(await this.terminal.shows('>'))
    await this.terminal.shows(ENTER)
    await this.terminal.shows('q quit')
    return pid
  }

  /** What was shown after the screen was left, when the terminal was seen to be as before. */
  async left(): Promise<{ said: string; status: number }> {
    await this.terminal.shows(LEAVE)
    const said = await this.terminal.shows(PROMPT)
    const status = await this.terminal.run('echo "<$?>"')
    assert.equal(await Shell.settings(this.terminal), this.settings)
    return { said, status: Number(/<(\d+)>/.exec(status)?.[1]) }
  }

  static async settings(terminal: Terminal): Promise<string> {
    const shown = await terminal.run('stty -g')
    return /^[0-9a-f]+(:[0-9a-f]+)+/m.exec(shown)?.[0] ?? assert.fail(shown)
  }
}

test('top shows daemons that come, hang, go on and go, and is sorted by a key', {
  skip: noTerminal,
}, async (t) => {
  const env = place(t)
  const shell = await Shell.open(t, env)
  const { terminal } = shell
  await shell.top()
  await terminal.shows('no daemons of yours, by CPU, every 0.5 s')
  const first = await started(t, env)
  await terminal.shows(`${first.pid}  running`)
  const second = await startedWithName(t, env)
  const drawn = await terminal.shows(`${second.pid}  running`)
  assert.ok(drawn.includes('[2J詩') && !drawn.includes('\u001b[2J'), drawn)
  terminal.type('m')
  await terminal.shows('2 daemons of yours, by memory')
  process.kill(second.pid, 'SIGSTOP')
  await terminal.shows(`${second.pid}  no answer`)
  await terminal.shows(`${first.pid}  running`)
  process.kill(second.pid, 'SIGCONT')
  await terminal.shows(`${second.pid}  running`)
  await second.stop()
  await terminal.shows('1 daemon of yours')
  terminal.type('q')
  assert.equal((await shell.left()).status, 0)
})

test('top is cut to the terminal, whenever that changes its size', {
  skip: noTerminal,
}, async (t) => {
  const env = place(t)
  await started(t, env)
  const shell = await Shell.open(t, env)
  const { terminal, tty } = shell
  await shell.top('bin/top --interval 3600')
  await terminal.shows('RESTARTS  PID FILE')
  const { status } = spawnSync('stty', ['-F', tty, 'rows', '6', 'cols', '30'])
  assert.equal(status, 0)
  const drawn = await terminal.shows('q quit   sort by: c CPU  m me…')
  // Each is cleared before it is written: after that its last column would be cleared, too.
  const lines = drawn.slice(drawn.lastIndexOf('\u001b[H') + 3).split('\r\n')
  const clearing = ['K', 'K', 'K', 'K', 'K', 'J'].map((what) => `\u001b[${what}`)
  assert.deepEqual(
    lines.map((line) => line.slice(0, 3)),
    clearing,
  )
  for (const line of lines) {
    const shown = line.slice(3).trimEnd()
    assert.ok(shown.length <= 30 && !shown.includes('\u001b'), JSON.stringify(line))
  }
  terminal.type('q')
  await shell.left()
})

test('every way out of top leaves the terminal as it was', { skip: noTerminal }, async (t) => {
  const env = place(t)
  const shell = await Shell.open(t, env)
  const { terminal } = shell
  for (const [way, status] of [
    ['q', 0],
    ['\u0003', 130],
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const) {
    const pid = await shell.top()
    if (way.length === 1) terminal.type(way)
    else send(pid, way as NodeJS.Signals)
    assert.equal((await shell.left()).status, status, JSON.stringify(way))
  }
  const pid = await shell.top('NODE_OPTIONS=--require=./faulty.cjs bin/top')
  send(pid, 'SIGALRM')
  const { said, status } = await shell.left()
  assert.match(said, /^runner: cannot run top: of nobody\r\nError: of nobody\r\n/)
  assert.equal(status, 70)
})

test('top that is suspended gives the terminal back, and takes it again', {
  skip: noTerminal,
}, async (t) => {
  const env = place(t)
  const shell = await Shell.open(t, env)
  const { terminal } = shell
  const pid = await shell.top()
  for (const way of ['\u001a', 'SIGTSTP', 'SIGSTOP'] as const) {
    if (way === '\u001a') terminal.type(way)
    else send(pid, way)
    if (way === 'SIGSTOP') await terminal.shows(PROMPT)
    else assert.equal((await shell.left()).status, 148)
    terminal.type('fg\r')
    await terminal.shows(ENTER)
    await terminal.shows('q quit')
  }
  terminal.type('q')
  assert.equal((await shell.left()).status, 0)
})

test('top ends when its terminal is gone', { skip: noTerminal }, async (t) => {
  const env = place(t)
  const shell = await Shell.open(t, env)
  const pid = await shell.top('exec bin/top')
  shell.terminal.hangUp()
  await gone(pid)
})
