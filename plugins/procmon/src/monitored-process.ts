import { setTimeout as pause } from 'node:timers/promises'
import { getSystemErrorMap } from 'node:util'
import {
  log,
  Service,
  type ServiceDescription,
  type ServiceHealth,
  type ServiceMetric,
  type Succession,
  UsageError,
} from 'runnerd'
import type { Command } from './command.ts'
import { lookForProgram } from './look-for-program.ts'
import { type Notice, NotifySocket } from './notify-socket.ts'
import { ProcessGroup } from './process-group.ts'
import { RestartDelay, type RestartPolicy } from './restart-delay.ts'

/** How a process is kept running. */
export interface MonitorPolicy extends RestartPolicy {
  /** How long it has to end after SIGTERM, in seconds. */
  readonly killTime: number
  /** Whether it says by sd_notify(3) when it is ready. */
  readonly notifies?: boolean | undefined
}

const own = { system: 'procmon' }

/** Keeps one command running while it runs itself. */
export class MonitoredProcess extends Service {
  readonly #command: Command
  readonly #policy: MonitorPolicy
  readonly #succession: Succession
  readonly #ending = new AbortController()
  readonly #notifySocket = new NotifySocket()
  #notifyPath: string | undefined
  /** Resolves when it says for the first time that it is ready. */
  readonly ready: Promise<void>
  #becameReady: () => void = () => {}
  #said: Partial<Notice> = {}
  #group: ProcessGroup | undefined
  #supervising: Promise<void> | undefined
  #starts = 0

  constructor(command: Command, policy: MonitorPolicy, succession: Succession) {
    super()
    this.setName(command.name)
    this.#command = command
    this.#policy = policy
    this.#succession = succession
    this.ready = new Promise((resolve) => {
      this.#becameReady = resolve
    })
  }

  /** @throws UsageError if there is no such command, or it may not be run */
  override checkStart(): void {
    try {
      lookForProgram(this.#command.words[0])
    } catch (error) {
      throw this.#refused(error)
    }
  }

  /** Starts the command; after a reload, when the one before it has ended. */
  override async startService(): Promise<void> {
    super.startService()
    if (this.#policy.notifies) {
      const group = (): number | undefined => this.#group?.pid
      this.#notifyPath = await this.#notifySocket.open(group, (notice) => this.#heard(notice))
    }
    if (this.#succession.isClear) await this.#start()
    this.#supervising = this.#supervise()
  }

  /** Its pid, how often it was started, and what it says; for `runner status`. */
  describe(): ServiceDescription {
    const group = this.#group
    const { isReady = false, status } = this.#said
    return {
      details: {
        ...(group ? { pid: group.pid } : {}),
        starts: this.#starts,
        ...(this.#policy.notifies ? { ready: isReady } : {}),
        ...(status ? { says: status } : {}),
      },
    }
  }

  /** Well while the command runs, and has said that it is ready where it does so. */
  health(): ServiceHealth {
    if (this.#group === undefined) return { ok: false, reason: 'it is not running' }
    const isReady = !this.#policy.notifies || this.#said.isReady === true
    return isReady ? { ok: true } : { ok: false, reason: 'it has not said that it is ready' }
  }

  metrics(): ServiceMetric[] {
    return [
      {
        name: 'procmon_up',
        help: '1 for a command that runs, else 0.',
        type: 'gauge',
        value: this.#group === undefined ? 0 : 1,
      },
      {
        name: 'procmon_starts_total',
        help: 'How often a command was started.',
        type: 'counter',
        value: this.#starts,
      },
    ]
  }

  /** Another generation waits to start its own. */
  override async drain(): Promise<void> {
    await this.#end()
  }

  /** Ends the command and all that it has started. */
  override async stopService(): Promise<void> {
    super.stopService()
    await this.#end()
  }

  override async undoStart(): Promise<void> {
    super.undoStart()
    await this.#end()
  }

  async #end(): Promise<void> {
    this.#ending.abort()
    await this.#group?.end(this.#policy.killTime)
    await this.#supervising
    await this.#notifySocket.close()
  }

  #heard({ isReady, status }: Notice): void {
    if (isReady && !this.#said.isReady) log.msg(`${this.#command.name} is ready`, own)
    if (isReady) this.#becameReady()
    this.#said = {
      isReady: isReady || this.#said.isReady === true,
      status: status ?? this.#said.status,
    }
  }

  async #supervise(): Promise<void> {
    await this.#succession.clear
    const { signal } = this.#ending
    const { name } = this.#command
    const delay = new RestartDelay(this.#policy)
    while (!signal.aborted) {
      const { how, lived } = await this.#run()
      if (signal.aborted) return
      const wait = delay.after(lived)
      const next = wait === 0 ? 'it is started again' : `it is started again in ${wait} s`
      log.msg(`${name} ${how}, after ${lived.toFixed(1)} s; ${next}`, own)
      await pause(wait * 1000, undefined, { signal }).catch(() => {})
    }
  }

  /** Runs it once, to the end of all that it has started; how long that takes is not its life. */
  async #run(): Promise<{ readonly how: string; readonly lived: number }> {
    const began = performance.now()
    try {
      const group = this.#group ?? (await this.#start())
      // A stop may have come before there was anything to end.
      if (this.#ending.signal.aborted) await group.end(this.#policy.killTime)
      const how = await group.exited
      const lived = (performance.now() - began) / 1000
      // What it leaves behind would be there twice.
      if (!this.#ending.signal.aborted) await group.end(this.#policy.killTime)
      this.#group = undefined
      this.#said = {}
      return { how: `(pid ${group.pid}) ended: ${how}`, lived }
    } catch (error) {
      return { how: `could not be started: ${(error as Error).message}`, lived: 0 }
    }
  }

  async #start(): Promise<ProcessGroup> {
    const { name } = this.#command
    try {
      const group = await ProcessGroup.start(this.#command, this.#notifyPath)
      this.#group = group
      this.#starts += 1
      log.msg(`started ${name}, pid ${group.pid}`, own)
      return group
    } catch (error) {
      throw this.#refused(error)
    }
  }

  #refused(error: unknown): UsageError {
    const { code, errno, message } = error as NodeJS.ErrnoException
    const reasons = new Map([
      ['ENOENT', 'no such command'],
      ['EACCES', 'permission denied'],
    ])
    const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
    const reason = reasons.get(code ?? '') ?? known ?? message
    return new UsageError(`cannot run ${this.#command.words[0]}: ${reason}`, { cause: error })
  }
}
