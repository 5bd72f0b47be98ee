import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Ended } from '../../helpers/runner.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { catches, endAll, isAlive, processesWith } from './processes.ts'
import type { Program } from './program.ts'

/** Names one half's processes, in their environment. */
const MARK = 'CONFORMANCE_HALF'

/** How a command is to be run, where that isn't as usual. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  /** The user and group to run it as. */
  readonly user?: number
  /** A command to run it under. */
  readonly under?: readonly string[]
}

/** A command that was started. */
export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  readonly ended: Promise<Ended>
}

/** One half of a row: a program in a directory of its own, and what can be seen of it. */
export class Half {
  readonly program: Program
  readonly cwd: string
  readonly pidfile: string
  readonly logfile: string

  constructor(t: TestContext, program: Program) {
    this.program = program
    this.cwd = realpathSync(mkdtempSync(join(tmpdir(), 'runner-conformance-')))
    this.pidfile = this.path(`${program.name}.pid`)
    this.logfile = this.path(`${program.name}.log`)
    t.after(async () => {
      await endAll(() => this.processes())
      rmSync(this.cwd, { recursive: true, force: true })
    })
  }

  path(name: string): string {
    return join(this.cwd, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text)
  }

  /** A file's text, '' if there is none. */
  read(path: string): string {
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  /** Starts the program. */
  start(args: readonly string[], { env, user, under = [] }: RunOptions = {}): Started {
    const { command, env: own } = this.program
    const [first, ...words] = [...under, ...command, ...args]
    const child = spawn(first as string, words, {
      cwd: this.cwd,
      // In a session of its own, with every signal's default action.
      detached: true,
      env: { ...own, [MARK]: this.cwd, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user === undefined ? {} : { uid: user, gid: user }),
    })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk
      })
    }
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status, signal) => resolve({ status, signal, ...text }))
    })
    return { child, pid: child.pid as number, ended }
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return await this.start(args, options).ended
  }

  /** Starts the program with the probe in the foreground, and waits until it runs. */
  async foreground(args: readonly string[], options: RunOptions = {}): Promise<Started> {
    const steps = this.path('steps')
    const started = this.start(args, { ...options, env: { RUNNER_TRACE: steps, ...options.env } })
    const early = started.ended.then(({ stdout, stderr }) => {
      throw new Error(`it ended before it was up: ${stdout}${stderr}`)
    })
    early.catch(() => {})
    const up =
      this.program.name === 'runner'
        ? waitFor(steps, () => (this.read(steps).includes(' report') ? true : undefined))
        : this.ready(started.pid)
    await Promise.race([up, early])
    return started
  }

  /** Starts the probe as a daemon, waits until it runs, and returns its pid. */
  async daemon(args: readonly string[], options?: RunOptions): Promise<number> {
    const { status, stdout, stderr } = await this.run(args, options)
    if (status !== 0) throw new Error(`it did not start: ${stdout}${stderr}`)
    const pid = this.pid()
    await this.ready(pid)
    return pid
  }

  /** The process that the pid file names. */
  pid(path: string = this.pidfile): number {
    return Number(readFileSync(path, 'utf8'))
  }

  /** Waits until the probe runs and its program hears the signals that end it. */
  async ready(pid: number): Promise<void> {
    await waitFor(this.path('trace'), () =>
      catches(pid, 'SIGTERM') && catches(pid, 'SIGIO') ? true : undefined,
    )
  }

  /** Waits until the trace has a line that begins so. */
  async traced(begin: string, times = 1): Promise<void> {
    await waitFor(this.path('trace'), () =>
      this.trace().filter((line) => line.startsWith(begin)).length >= times ? true : undefined,
    )
  }

  /** Sends a signal to a process that is nobody's child here, and waits until it is gone. */
  async end(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (isAlive(pid)) process.kill(pid, signal)
    await this.gone(pid)
  }

  /** Waits until a process is gone. */
  async gone(pid: number): Promise<void> {
    await waitFor(this.pidfile, () => (isAlive(pid) ? undefined : true))
  }

  /**
   * Waits for what a failed start may leave for a moment: twistd's parent reports
   * it before the daemon's process is gone. Of runner nothing may be left.
   */
  async settled(): Promise<void> {
    if (this.program.name === 'runner') return
    await waitFor(this.pidfile, () => (this.processes().length === 0 ? true : undefined))
  }

  /** The living processes that this half started, and those that they did. */
  processes(): number[] {
    return processesWith(`${MARK}=${this.cwd}`)
  }

  /** What the probe has written to `trace`. */
  trace(): string[] {
    return this.read(this.path('trace'))
      .split('\n')
      .filter((line) => line !== '')
  }
}
