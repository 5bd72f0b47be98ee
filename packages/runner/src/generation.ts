import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { type Answers, GenerationChannel, type Wire } from './generation-channel.ts'
import { built } from './home.ts'
import type { Launch } from './plan.ts'
import type { StopSignal } from './stop-signals.ts'

/** The descriptors that a generation gets from the one before it, besides the channel. */
export const PID_FILE_FD = 4
export const KEEPER_FD = 5
export const KEEPER_ANSWERS_FD = 6

/** Where the shell in between says which process it has left behind. */
const ORPHAN_FD = 7

/**
 * It ends at once, and what it leaves behind has its descriptors, but for that one.
 */
const LEAVE_BEHIND = `"$@" ${ORPHAN_FD}>&- & echo $! >&${ORPHAN_FD}`

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
  readonly pid: number
  #isGone = false
  #isTold = false

  /** @param pid its own, which is not that of the child where a shell was in between */
  constructor(child: ChildProcess, pid: number, answers: Answers) {
    this.pid = pid
    let end: End | undefined
    const exits: Answers['exits'] = async ({ status }) => {
      end = { status, signal: null }
      return { body: undefined }
    }
    this.channel = new GenerationChannel(child as unknown as Wire, { ...answers, exits })
    const isChild = child.pid === pid
    this.ended = isChild ? endOf(child) : this.channel.closed.then(() => end)
    this.ended.then(() => {
      this.#isGone = true
    })
    child.unref()
    child.channel?.unref()
  }

  kill(signal: NodeJS.Signals): void {
    // Its pid may be another's by then.
    if (this.#isGone) return
    try {
      process.kill(this.pid, signal)
    } catch {
      // It is gone.
    }
  }

  /**
   * Has it stop in order. By word, for a service manager sends its signal to all
   * processes there are; twice ends it at once.
   */
  stop(signal: StopSignal): void {
    this.#isTold = true
    if (!this.#isGone) this.channel.ask('stop', { signal }).catch(() => this.kill(signal))
  }

  /** Ends it, politely first; resolves when it is gone. */
  async end(): Promise<void> {
    if (!this.#isTold) this.stop('SIGTERM')
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
  const shell = ['/bin/sh', '-c', LEAVE_BEHIND, 'runner']
  const [file = '', ...args] = orphan ? [...shell, ...command] : command
  const child = spawn(file, args, {
    cwd: launch.cwd,
    env: environment,
    detached: true,
    stdio: [
      ...(['ignore', 'inherit', 'inherit', 'ipc'] as const),
      pidFileFd ?? 'ignore',
      keeperFds?.[0] ?? 'ignore',
      keeperFds?.[1] ?? 'ignore',
      orphan ? 'pipe' : 'ignore',
    ],
  })
  await once(child, 'spawn')
  return new Generation(child, orphan ? await leftBehind(child) : (child.pid as number), answers)
}

async function leftBehind(child: ChildProcess): Promise<number> {
  let text = ''
  for await (const chunk of child.stdio.at(ORPHAN_FD) as Readable) text += chunk
  return Number(text)
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.on('exit', (status, signal) => resolve({ status, signal }))
  })
}
