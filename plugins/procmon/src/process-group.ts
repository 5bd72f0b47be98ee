import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { counted, log } from 'runnerd'
import type { Command } from './command.ts'
import { isAnyAlive } from './group-members.ts'
import { LineSplitter } from './line-splitter.ts'
import { outputPipes } from './output-pipes.ts'

/** Between two looks whether a group is gone, in ms. */
const LOOK = 20

/** What may hold the output of a group that is gone is not waited for any longer, in ms. */
const OUTPUT = 500

/** The system needs a moment for what was killed, in ms. */
const KILLED = 2000

/** What speaks of runner itself, and not of what it runs. */
const OWN = [
  ...['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'],
  ...['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'],
]

/**
 * A command that was started, with all that it starts: a process group of its own,
 * unless somebody leaves that. Its output is logged by line, under its name.
 */
export class ProcessGroup {
  readonly pid: number
  /** How the command has ended: `status 1`, `SIGSEGV`. */
  readonly exited: Promise<string>
  readonly #name: string
  readonly #outputs: readonly Socket[]
  readonly #closed: Promise<unknown>

  private constructor(child: ChildProcess, outputs: readonly Socket[], { name }: Command) {
    this.#outputs = outputs
    this.#name = name
    this.pid = child.pid as number
    this.#closed = Promise.all(outputs.map(closeOf))
    this.exited = once(child, 'exit').then(([status, signal]) => signal ?? `status ${status}`)
    for (const stream of outputs) {
      const lines = new LineSplitter((line) => log.msg(line, { system: name }))
      // The log is written before more is read, so that a process is held up by it.
      stream.on('data', (chunk: Buffer) => lines.write(chunk))
      stream.on('error', () => {})
      stream.on('close', () => lines.end())
    }
  }

  /**
   * Starts a command in a group of its own, with the environment of this process.
   *
   * @param notifySocket - where it may say how it is
   * @throws the system's error if there is no such command, or it may not be run
   */
  static async start(command: Command, notifySocket?: string): Promise<ProcessGroup> {
    const [file, ...args] = command.words
    const passed = Object.entries(process.env).filter(([name]) => !OWN.includes(name))
    const own = notifySocket === undefined ? {} : { NOTIFY_SOCKET: notifySocket }
    const pipes = outputPipes(2)
    const readers = pipes.map(({ reader }) => reader)
    const [stdout = 'pipe', stderr = 'pipe'] = pipes.map(({ writer }) => writer)
    try {
      const child = spawn(file, args, {
        detached: true,
        env: { ...Object.fromEntries(passed), ...own },
        stdio: ['ignore', stdout, stderr],
      })
      // Rejects with what went wrong.
      if (child.pid === undefined) await once(child, 'spawn')
      const sockets = [child.stdout, child.stderr] as Socket[]
      return new ProcessGroup(child, readers.length > 0 ? readers : sockets, command)
    } catch (error) {
      for (const reader of readers) reader.destroy()
      throw error
    } finally {
      for (const { writer } of pipes) closeSync(writer)
    }
  }

  /**
   * Ends all that is in the group: by SIGTERM, and by SIGKILL what is there still after
   * `killTime` seconds. Resolves when nothing is left and all output is logged.
   */
  async end(killTime: number): Promise<void> {
    this.#signal('SIGTERM')
    if (!(await this.#goneWithin(killTime * 1000))) {
      log.warn(
        `${this.#name} (pid ${this.pid}) is killed: it did not end in ${counted(killTime, 'second')}`,
        {
          system: 'procmon',
        },
      )
      this.#signal('SIGKILL')
      if (!(await this.#goneWithin(KILLED))) {
        log.warn(`${this.#name} (pid ${this.pid}) is still there`, { system: 'procmon' })
      }
    }
    const unwanted = new AbortController()
    await Promise.race([this.#closed, pause(OUTPUT, undefined, unwanted).catch(() => {})])
    unwanted.abort()
    for (const output of this.#outputs) output.destroy()
  }

  async #goneWithin(time: number): Promise<boolean> {
    const end = performance.now() + time
    while (isAnyAlive(this.pid)) {
      if (performance.now() >= end) return false
      await pause(Math.min(LOOK, time))
    }
    return true
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal)
    } catch (error) {
      // There may be nobody any more, or only who may not be ended by us.
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ESRCH') log.warn(`cannot end ${this.#name}: ${message}`, { system: 'procmon' })
    }
  }
}

function closeOf(output: Socket): Promise<void> {
  return new Promise((resolve) => output.once('close', () => resolve()))
}
