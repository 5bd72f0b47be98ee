import { accessSync, constants } from 'node:fs'
import type { BoundHandle } from '@runnerd/internet/sockets'
import type { RunStatus } from '../control/run-status.ts'
import { type End, type Generation, startGeneration } from '../generation.ts'
import type {
  Answers,
  GenerationChannel,
  Questions,
  Reloaded,
  WantedSocket,
} from '../generation-channel.ts'
import { inTime } from '../in-time.ts'
import { endedEarly } from '../reload-errors.ts'
import type { WorkerFacts, WorkOrder } from './worker-terms.ts'

/** What a worker may want of the process that has started it, and tell it. */
export interface Foreman {
  readonly environment: NodeJS.ProcessEnv
  /** Locked, if there is a pid file: a worker has it open as long as it has ports. */
  readonly pidFileFd: number | undefined
  lend(wanted: WantedSocket, worker: WorkerProcess): Promise<BoundHandle>
  reload(): Promise<Reloaded>
  /** Its services have stopped, but for these. */
  hasStopped(worker: WorkerProcess, late: readonly string[]): void
  /** Its application has stopped itself. */
  isDone(worker: WorkerProcess): void
}

export type WorkerState = 'starting' | 'running' | 'draining' | 'stopping' | 'ended'

const DONE = { body: undefined }

/** How long one may take to hear that it is to drain, in seconds. */
const PATIENCE = 1

/** The process of one worker, from its start to its end. */
export class WorkerProcess {
  readonly order: WorkOrder
  /** Resolves when it is gone, and how; `undefined` if it never was. */
  readonly ended: Promise<End | undefined>
  /** Resolves when its application has stopped itself. */
  readonly done: Promise<void>
  readonly #foreman: Foreman
  #process: Generation | undefined
  #state: WorkerState = 'starting'
  #since = new Date()
  #beats = 0
  #mayBeSilent = false
  #silent = 0
  #tellEnded: (end: End | undefined) => void = () => {}
  #tellDone: () => void = () => {}

  constructor(order: WorkOrder, foreman: Foreman) {
    this.order = order
    this.#foreman = foreman
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve
    })
    this.done = new Promise((resolve) => {
      this.#tellDone = resolve
    })
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** `undefined` while there is no process. */
  get channel(): GenerationChannel | undefined {
    return this.#process?.channel
  }

  get state(): WorkerState {
    return this.#state
  }

  /** How often it has shown that its event loop turns. */
  get beats(): number {
    return this.#beats
  }

  /** Whether it has said that it may show that no more for now: a debugger has it stand still. */
  get mayBeSilent(): boolean {
    return this.#mayBeSilent
  }

  /** For how long it was silent when it was ended for that, in seconds. */
  get silent(): number {
    return this.#silent
  }

  /** Since when it is in this state. */
  get since(): Date {
    return this.#since
  }

  /**
   * Starts it, and waits until it serves. If it doesn't, it is gone when this throws.
   *
   * @param seconds the longest that it may take
   * @throws what it says, or how it ended
   */
  async start(seconds: number | undefined): Promise<WorkerFacts> {
    try {
      await this.#spawn()
    } catch (error) {
      this.#enter('ended')
      this.#tellEnded(undefined)
      throw error
    }
    const { channel, ended } = this.#process as Generation
    try {
      const asked = channel.ask('work', this.order).then(({ body }) => body)
      const facts = await (seconds === undefined ? asked : inTime(seconds, 'not ready', asked))
      if (this.#state === 'starting') this.#enter('running')
      return facts
    } catch (error) {
      await this.#process?.end()
      if ((error as { code?: unknown }).code !== 'ERR_GENERATION_GONE') throw error
      throw endedEarly(await ended, 'before it was ready')
    }
  }

  async status(): Promise<RunStatus | undefined> {
    const { channel } = this.#process ?? {}
    return (await channel?.ask('status', undefined))?.body
  }

  /** Has it tell something of itself; `undefined` while there is no process. */
  async ask<What extends 'health' | 'metrics' | 'tail'>(
    what: What,
  ): Promise<Questions[What]['answer'] | undefined> {
    return (await this.channel?.ask(what, undefined))?.body
  }

  /** Changes how it writes the log. */
  async log(change: Readonly<Record<string, unknown>>): Promise<void> {
    // One that goes just now needs to know nothing.
    await this.#process?.channel.ask('log', change).catch(() => {})
  }

  /** Another serves in its place: it drains and ends. Resolves when it has heard so. */
  async retire(): Promise<void> {
    if (this.#state === 'ended') return
    const isUp = this.#state === 'running'
    this.#enter(isUp ? 'draining' : 'stopping')
    if (!isUp) return void this.#process?.end()
    const heard = this.#process?.channel.ask('retire', undefined)
    // It may be gone, or too busy to hear anything for now.
    if (heard) await inTime(PATIENCE, 'not heard', heard).catch(() => {})
  }

  /** Has it stop in order. Doing so twice does nothing. */
  stop(): void {
    if (this.#state === 'ended' || this.#state === 'stopping') return
    this.#enter('stopping')
    this.#process?.stop('SIGTERM')
  }

  /** Ends it, politely first; resolves when it is gone. */
  async end(): Promise<void> {
    this.stop()
    await this.#process?.end()
    await this.ended
  }

  kill(): void {
    this.#process?.kill('SIGKILL')
  }

  /** It hangs, and has shown no sign of life for so many seconds. */
  killSilent(seconds: number): void {
    this.#silent = seconds
    this.kill()
  }

  async #spawn(): Promise<void> {
    const { launch, number } = this.order
    const process = await startGeneration({
      launch: { ...launch, cwd: reachable(launch.cwd) },
      environment: this.#foreman.environment,
      orphan: false,
      pidFileFd: this.#foreman.pidFileFd,
      keeperFds: undefined,
      words: ['worker', String(number)],
      answers: this.#answers(),
    })
    this.#process = process
    process.ended.then((end) => {
      this.#enter('ended')
      process.channel.close()
      this.#tellEnded(end)
    })
    // The stop may have come while it was being started.
    if (this.#state === 'stopping') process.stop('SIGTERM')
  }

  #answers(): Answers {
    const foreman = this.#foreman
    return {
      socket: async (wanted) => ({ body: undefined, handle: await foreman.lend(wanted, this) }),
      reload: async () => ({ body: await foreman.reload() }),
      stopped: async ({ late }) => {
        foreman.hasStopped(this, late)
        return DONE
      },
      beat: ({ mayBeSilent }) => {
        this.#beats += 1
        this.#mayBeSilent = mayBeSilent
      },
      done: async () => {
        this.#tellDone()
        foreman.isDone(this)
        return DONE
      },
    }
  }

  #enter(state: WorkerState): void {
    this.#state = state
    this.#since = new Date()
  }
}

/** The directory that runner was called from, or where this process is if it is closed to it by now. */
function reachable(cwd: string): string {
  try {
    accessSync(cwd, constants.X_OK)
    return cwd
  } catch {
    return '.'
  }
}
