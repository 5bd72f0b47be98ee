import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Answers, GenerationChannel, type Wire } from './generation-channel.ts'
import { built } from './home.ts'
import type { Launch } from './plan.ts'

/** The descriptors that a generation gets from the one before it, besides the channel. */
export const PID_FILE_FD = 4
export const KEEPER_FD = 5
export const KEEPER_ANSWERS_FD = 6

/** How long one that was told to end may take to do so, in ms. */
const GRACE = 2000

/** How to start a generation. */
export interface Spawning {
  readonly launch: Launch
  /** As it was when runner was called, whatever the plugin has done to it. */
  readonly environment: NodeJS.ProcessEnv
  /**
   * Whether it is to be nobody's child from the beginning. A service manager that is
   * told of a new main process takes it for its own only then.
   */
  readonly orphan: boolean
  readonly pidFileFd: number | undefined
  readonly keeperFds: readonly [number, number] | undefined
  /** What it is called with, where it is to be something else than a successor. */
  readonly words?: readonly string[]
  readonly answers: Answers
}

/** How a process ended. */
export interface End {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** The process of another generation, started by this one. */
export class Generation {
  readonly channel: GenerationChannel
  /** When it is gone, and how it went where that can be known. */
  readonly ended: Promise<End | undefined>
  /** Its own; that of the process in between where it is nobody's child. */
  #pid: number | undefined

  constructor(child: ChildProcess, orphan: boolean, answers: Answers) {
    this.#pid = orphan ? undefined : child.pid
    this.channel = new GenerationChannel(child as unknown as Wire, answers)
    this.ended = orphan ? this.channel.closed.then(() => undefined) : endOf(child)
    child.unref()
    child.channel?.unref()
  }

  get pid(): number {
    return this.#pid ?? 0
  }

  /** It has said who it is. */
  named(pid: number): void {
    this.#pid = pid
  }

  kill(signal: NodeJS.Signals): void {
    try {
      if (this.#pid !== undefined) process.kill(this.#pid, signal)
      // It ends without whoever started it, too.
      else this.channel.close()
    } catch {
      // It is gone.
    }
  }

  /** Ends it, politely first; resolves when it is gone. */
  async end(): Promise<void> {
    this.kill('SIGTERM')
    const killer = setTimeout(() => this.kill('SIGKILL'), GRACE)
    await this.ended
    clearTimeout(killer)
    this.channel.close()
  }
}

/**
 * Starts the process of a new generation, which waits to be told to begin.
 *
 * @throws the system's error if it can't be started
 */
export async function startGeneration(spawning: Spawning): Promise<Generation> {
  const { launch, environment, orphan, pidFileFd, keeperFds, words = [], answers } = spawning
  const command = [process.execPath, ...process.execArgv, built('daemon.js'), ...words]
  // The shell ends at once, and what it leaves behind has this process's descriptors.
  const [file = '', ...args] = orphan ? ['/bin/sh', '-c', '"$@" &', 'runner', ...command] : command
  const child = spawn(file, args, {
    cwd: launch.cwd,
    env: environment,
    detached: true,
    stdio: [
      ...(['ignore', 'inherit', 'inherit', 'ipc'] as const),
      pidFileFd ?? 'ignore',
      keeperFds?.[0] ?? 'ignore',
      keeperFds?.[1] ?? 'ignore',
    ],
  })
  await once(child, 'spawn')
  return new Generation(child, orphan, answers)
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.on('exit', (status, signal) => resolve({ status, signal }))
  })
}
