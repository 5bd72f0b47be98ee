import type { BoundHandle } from '@runnerd/internet/sockets'
import { type LogSettings, log } from '@runnerd/logging'
import { Service } from '@runnerd/service'
import { ExitStatus } from '../exit-status.ts'
import type { Reloaded, WantedSocket } from '../generation-channel.ts'
import type { Plan } from '../plan.ts'
import { beingStopped } from '../reload-errors.ts'
import { HeldSockets } from './held-sockets.ts'
import { LeavingWorkers, timeToEnd } from './leaving-workers.ts'
import { RollingReload } from './rolling-reload.ts'
import { SilenceWatch } from './silence.ts'
import { type Foreman, WorkerProcess } from './worker-process.ts'
import { howEnded, WorkerSlot } from './worker-slot.ts'
import { nameOfWorker, type WorkerFacts } from './worker-terms.ts'

/** What a crew needs of the run that it is. */
export interface CrewOwner {
  readonly pidFileFd: number | undefined
  /** It was given up, or has no more to do: the run is to end with this status. */
  end(status: number): void
  reload(): Promise<Reloaded>
  /** All serve. */
  started(facts: WorkerFacts): void
}

/**
 * All the workers of a run, as a service of the process that started them and that
 * holds their sockets. `privilegedStartService` starts them, all at the same time, and
 * resolves when all serve; the first that doesn't start ends the others. Then each
 * that ends is replaced, until `stopService` has all of them stop at the same time.
 */
export class Crew extends Service implements Foreman {
  readonly environment: NodeJS.ProcessEnv = { ...process.env }
  readonly slots: readonly WorkerSlot[]
  /** Those in whose place others serve. */
  readonly leaving: LeavingWorkers = new LeavingWorkers()
  /** Counts up with each reload that has replaced a worker. */
  generation = 1
  /** What new workers run. */
  plan: Plan
  /** Services that had not stopped in time, and workers that had not ended in order, and how they did. */
  readonly late: string[] = []
  readonly startTimeout: number
  readonly silence: SilenceWatch
  readonly #owner: CrewOwner
  readonly #sockets = new HeldSockets()
  /** Every worker that has not ended. */
  readonly #alive = new Set<WorkerProcess>()
  #reload: RollingReload | undefined
  #isOverdue = false
  #stopped: Promise<void> | undefined

  constructor(plan: Plan, owner: CrewOwner) {
    super()
    this.setName('workers')
    this.plan = plan
    this.startTimeout = plan.settings.startTimeout
    this.silence = new SilenceWatch(plan.settings.workerTimeout)
    this.#owner = owner
    const length = plan.settings.workers ?? 1
    this.slots = Array.from({ length }, (_, index) => new WorkerSlot(index + 1, this))
  }

  override async privilegedStartService(): Promise<void> {
    const [facts] = await Promise.all(this.slots.map((slot) => slot.start()))
    this.#owner.started(facts as WorkerFacts)
  }

  override stopService(): Promise<void> {
    super.stopService()
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  override undoStart(): Promise<void> {
    return this.stopService()
  }

  get pidFileFd(): number | undefined {
    return this.#owner.pidFileFd
  }

  /** Ends all at once. */
  kill(): void {
    this.#close()
    for (const worker of this.#alive) worker.kill()
  }

  /** Replaces all, one after another. @throws why it has not, or not all */
  async renew(): Promise<Reloaded> {
    if (this.#stopped !== undefined) throw beingStopped()
    const reload = new RollingReload(this)
    this.#reload = reload
    try {
      await reload.run()
    } finally {
      this.#reload = undefined
      const there = this.slots.flatMap(({ current }) => current?.order.generation ?? [])
      await this.#sockets.keepFor(there)
    }
    return { pid: process.pid, generation: this.generation }
  }

  /** Changes how the log is written by all there are, and all that come. */
  async log(change: Readonly<Record<string, unknown>>, settings: LogSettings): Promise<void> {
    this.plan = { ...this.plan, settings: { ...this.plan.settings, log: settings } }
    await Promise.all([...this.#alive].map((worker) => worker.log(change)))
  }

  make(number: number, again = false): WorkerProcess {
    const { launch } = this.plan
    const generation = again ? this.generation + 1 : this.generation
    const plan = again ? undefined : this.plan
    const worker = new WorkerProcess({ number, generation, launch, plan }, this)
    this.#alive.add(worker)
    worker.ended.then(() => this.#alive.delete(worker))
    return worker
  }

  /** A new generation has shown that it serves. */
  take(plan: Plan, generation: number): void {
    this.plan = plan
    this.generation = generation
  }

  giveUp(): void {
    this.#owner.end(ExitStatus.GAVE_UP)
  }

  lend(wanted: WantedSocket, worker: WorkerProcess): Promise<BoundHandle> {
    return this.#sockets.lend(wanted, worker.order.generation)
  }

  reload(): Promise<Reloaded> {
    return this.#owner.reload()
  }

  hasStopped(worker: WorkerProcess, late: readonly string[]): void {
    // Of one that gives way to another only the log tells.
    if (this.#stopped === undefined) return
    this.late.push(...late.map((name) => `${nameOfWorker(worker.order.number)}: ${name}`))
  }

  isDone(worker: WorkerProcess): void {
    if (this.#stopped !== undefined || worker.state !== 'running') return
    // One that has not taken over yet is a reload that fails, and no more.
    if (!this.slots.some(({ current }) => current === worker)) return
    log.msg(`The application has stopped itself in worker ${worker.order.number}.`)
    this.#owner.end(ExitStatus.OK)
  }

  #close(): void {
    for (const slot of this.slots) slot.close()
  }

  async #stopAll(): Promise<void> {
    this.#close()
    await this.#reload?.end()
    const seen = [...this.#alive].map((worker) => this.#seeOff(worker))
    for (const worker of this.#alive) worker.stop()
    const { stopTimeout } = this.plan.settings
    const timer = setTimeout(() => this.#killLate(), timeToEnd(stopTimeout) * 1000)
    await Promise.all(seen)
    clearTimeout(timer)
    await this.#sockets.keepFor([])
  }

  /** Waits for the end of one that is about to be told to stop. */
  async #seeOff(worker: WorkerProcess): Promise<void> {
    const wasStarting = worker.state === 'starting'
    const end = await worker.ended
    const isOrderly = wasStarting || end?.status === 0 || end?.signal === 'SIGTERM'
    const name = nameOfWorker(worker.order.number)
    if (isOrderly || this.late.some((each) => each.startsWith(`${name}:`))) return
    const how = this.#isOverdue ? 'was late, and killed' : howEnded(end)
    this.late.push(`${name} (${how})`)
    log.error(`Not stopped in order: ${name} with pid ${worker.pid} ${how}.`)
  }

  #killLate(): void {
    this.#isOverdue = true
    for (const worker of this.#alive) worker.kill()
  }
}
