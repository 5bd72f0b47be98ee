import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { mark } from './leftovers.ts'
import { runnerBin } from './paths.ts'
import { waitFor } from './wait-for.ts'

/** Where and how to run. */
export interface RunOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** A Node other than the one the tests run on. */
  readonly node?: string
  /** The command as somebody else has installed it. */
  readonly command?: readonly string[]
}

/** How a command ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

const UNWANTED = [
  ...['NODE_PATH', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT', 'COLUMNS'],
  // Whoever has a shell from systemd has some of its variables.
  ...['NOTIFY_SOCKET', 'INVOCATION_ID', 'JOURNAL_STREAM', 'WATCHDOG_USEC', 'WATCHDOG_PID'],
]

/** The environment without what a developer's own runner would listen to. */
export function cleanEnv(cwd: string, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('RUNNER_') && !UNWANTED.includes(name),
  )
  const ours = {
    RUNNER_CACHE_DIR: join(cwd, '.cache'),
    // It isn't there: no daemon of a test is entered with those of the user.
    RUNNER_RUNTIME_DIR: join(cwd, '.run', 'daemons'),
  }
  return { ...Object.fromEntries(clean), ...ours, ...env, ...mark }
}

/** Runs `runner ARGS` to its end. */
export async function runner(args: readonly string[], options: RunOptions): Promise<Ended> {
  return await startRunner(args, options).ended
}

/** A `runner` that goes on running. */
export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  /** What it printed so far. */
  stdout(): string
  stderr(): string
  /** Waits until its stdout matches. */
  line(pattern: RegExp): Promise<RegExpMatchArray>
  readonly ended: Promise<Ended>
}

/** Starts `runner ARGS`. */
export function startRunner(args: readonly string[], options: RunOptions): Running {
  const ours = [options.node ?? process.execPath, runnerBin]
  const [command = '', ...first] = options.command ?? ours
  const child = spawn(command, [...first, ...args], {
    cwd: options.cwd,
    env: cleanEnv(options.cwd, options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const text = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      for (const look of waiting) look()
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, ...text }))
  })
  const line = (pattern: RegExp): Promise<RegExpMatchArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(text.stdout)
        if (match === null) return
        over()
        resolve(match)
      }
      const vain = (how: string): void => {
        over()
        reject(new Error(`${how} ${pattern}:\n${text.stdout}${text.stderr}`))
      }
      // Not to pass or fail by its pace, but to be told what it hung at.
      const limit = setTimeout(() => vain('waited in vain for'), 120_000)
      const over = (): void => {
        waiting.delete(look)
        clearTimeout(limit)
      }
      waiting.add(look)
      ended.then(
        () => vain('it ended without'),
        (error) => {
          over()
          reject(error)
        },
      )
      look()
    })
  return {
    child,
    pid: child.pid as number,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    line,
    ended,
  }
}

/** Starts `runner ARGS` in the foreground, and kills it if the test leaves it running. */
export function foreground(t: TestContext, args: readonly string[], options: RunOptions): Running {
  const running = startRunner(['--nodaemon', ...args], options)
  t.after(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  return running
}

/** A daemon that a test started. */
export interface Daemon {
  readonly pid: number
  readonly pidfile: string
  readonly logfile: string
  readonly ended: Ended
  log(): string
  /** Sends a signal and waits until the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Runs `runner ARGS` as a daemon, with its pid file and log in `cwd`, and ends it
 * if the test leaves it running.
 */
export async function daemon(
  t: TestContext,
  args: readonly string[],
  options: RunOptions,
): Promise<Daemon> {
  const pidfile = join(options.cwd, 'runner.pid')
  const logfile = join(options.cwd, 'runner.log')
  const ended = await runner(args, options)
  if (ended.status !== 0) throw new Error(`it did not start: ${ended.stderr}`)
  const pid = Number(readFileSync(pidfile, 'utf8'))
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    send(pid, signal)
    await gone(pid)
  }
  t.after(() => stop('SIGKILL'))
  return {
    pid,
    pidfile,
    logfile,
    ended,
    log: () => (existsSync(logfile) ? readFileSync(logfile, 'utf8') : ''),
    stop,
  }
}

/** Sends a signal to a process, if it is there still. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits until a process that is nobody's child here is gone. */
export async function gone(pid: number): Promise<void> {
  await waitFor(`/proc/${pid}`, () => (isAlive(pid) ? undefined : true))
}

/** True for a process that exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}
