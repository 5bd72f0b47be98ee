import { type StdioOptions, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { counted, log, Service } from 'runnerd'
import { livingGroups } from './living-groups.ts'

/** What to start, and as whom. */
export interface Program {
  readonly path: string
  readonly argv: readonly [string, ...string[]]
  readonly uid?: number
  readonly gid?: number
}

/** Between two looks whether somebody is there still, in ms. */
const LOOK = 50

/** Between two looks for what programs have left behind, in ms. */
const LINGER = 500

/** The system needs a moment for what was killed, in ms. */
const KILLED = 2000

const own = { system: 'inetd' }

/**
 * The programs that run: a process group each, so that what they have started ends with
 * them. One whose first process has ended counts as long as anybody is in its group.
 */
export class Programs extends Service {
  readonly startsProcesses = true
  readonly #killTime: number
  readonly #groups = new Set<number>()
  #lingering: NodeJS.Timeout | undefined
  #whenNone: (() => void)[] = []

  /** @param killTime - how many seconds they have to end at a stop before they are killed */
  constructor(killTime: number) {
    super()
    this.setName('programs')
    this.#killTime = killTime
  }

  /**
   * Starts a program, before it returns: then `stdio` is the program's, and may be closed.
   *
   * @returns when its first process has ended, and how: `status 1`, `SIGSEGV`
   * @throws what the promise rejects with: the system's error if it could not be started
   */
  async start(
    { path, argv: [argv0, ...args], uid, gid }: Program,
    stdio: StdioOptions,
    env: NodeJS.ProcessEnv,
  ): Promise<[pid: number, exited: Promise<string>]> {
    const child = spawn(path, args, {
      argv0,
      cwd: '/',
      detached: true,
      env,
      stdio,
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    })
    const { pid } = child
    if (pid === undefined) return await new Promise((_, reject) => child.on('error', reject))
    this.#groups.add(pid)
    const exited = new Promise<string>((resolve) => {
      child.on('exit', (status, signal) => {
        resolve(signal ?? `status ${status}`)
        this.#sweep([pid])
      })
    })
    return [pid, exited]
  }

  describe(): { details: { running: number } } {
    return { details: { running: this.#groups.size } }
  }

  /** Resolves when none is there. */
  async whenNone(): Promise<void> {
    if (this.#groups.size === 0) return
    await new Promise<void>((resolve) => this.#whenNone.push(resolve))
  }

  /** Ends them all: by SIGTERM, and by SIGKILL those that don't end in time. */
  override async stopService(): Promise<void> {
    super.stopService()
    await this.#endAll()
    clearTimeout(this.#lingering)
  }

  override undoStart(): Promise<void> {
    return this.stopService()
  }

  async #endAll(): Promise<void> {
    const count = this.#groups.size
    if (count === 0) return
    log.msg(`ending ${counted(count, 'program')}`, own)
    this.#signal('SIGTERM')
    if (await this.#goneWithin(this.#killTime * 1000)) return
    const left = [...this.#groups].join(', ')
    log.warn(
      `killed, since they did not end in ${counted(this.#killTime, 'second')}: pid ${left}`,
      own,
    )
    this.#signal('SIGKILL')
    if (!(await this.#goneWithin(KILLED))) log.warn(`pid ${left} is still there`, own)
  }

  async #goneWithin(time: number): Promise<boolean> {
    const end = performance.now() + time
    for (;;) {
      this.#sweep([...this.#groups])
      if (this.#groups.size === 0) return true
      if (performance.now() >= end) return false
      await pause(LOOK)
    }
  }

  #signal(signal: NodeJS.Signals): void {
    for (const group of this.#groups) {
      try {
        process.kill(-group, signal)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code !== 'ESRCH') log.warn(`cannot end pid ${group}: ${message}`, own)
      }
    }
  }

  /** Forgets those of these groups where nobody is any more. */
  #sweep(groups: readonly number[]): void {
    const living = livingGroups(groups)
    for (const group of groups) if (!living.has(group)) this.#groups.delete(group)
    if (this.#groups.size === 0) for (const resolve of this.#whenNone.splice(0)) resolve()
    if (living.size > 0 && this.running) this.#lookAgain()
  }

  /** A number that nobody has any more may be somebody else's soon: it is not kept for long. */
  #lookAgain(): void {
    this.#lingering ??= setTimeout(() => {
      this.#lingering = undefined
      this.#sweep([...this.#groups])
    }, LINGER).unref()
  }
}
