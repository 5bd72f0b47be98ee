import { log } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import type { LogCounts } from '../log-counts.ts'
import type { Phase } from '../monitor/phase.ts'
import type { Watching } from '../monitor/watching.ts'
import type { Plan } from '../plan.ts'
import { longestSilence } from '../stop-deadlines.ts'
import type { Crew } from '../workers/crew.ts'
import type { Controlled, Inspectable, LogControl, ReloadReport, StopReport } from './controlled.ts'
import { inspectedProcess } from './inspected-process.ts'
import { LoopWatch } from './loop-lag.ts'
import { type RunFacts, type RunStatus, runStatus } from './run-status.ts'

/** What a run lets others know of it, and do with it. */
export interface RunHandle {
  readonly plan: Plan
  readonly application: Application
  /** 1, and one more with each reload. */
  readonly generation: number
  readonly logged: LogCounts
  /** Where it is between its start and its end. */
  phase(): Phase
  /** Where its monitor is. */
  monitor(): RunFacts['monitor']
  /** Begins to stop, if that isn't so already. */
  finish(): void
  reload?(): Promise<ReloadReport>
  /** Completes what this process knows of itself. */
  status?(own: RunStatus): Promise<RunStatus>
  readonly log?: LogControl
  /** What may be looked into in place of this process. */
  readonly inspected?: Inspectable
  /** Its number, where it is one of several workers; all of them, where it has started them. */
  readonly worker?: number | undefined
  readonly crew?: Crew
}

/** A run as others see it: by its control socket, its monitor, and whoever has started it. */
export class ControlledRun implements Controlled {
  readonly #run: RunHandle
  readonly #inspected: Inspectable
  readonly #loop = new LoopWatch()
  readonly #startedAt = new Date(Date.now() - process.uptime() * 1000)
  #tell: (report: StopReport) => void = () => {}
  readonly #told: Promise<StopReport>
  #watching: Promise<Watching> | undefined
  readonly reload?: () => Promise<ReloadReport>
  readonly log?: LogControl

  constructor(run: RunHandle) {
    this.#run = run
    this.#inspected = run.inspected ?? inspectedProcess
    this.#told = new Promise((resolve) => {
      this.#tell = resolve
    })
    if (run.reload) this.reload = () => run.reload!()
    if (run.log) this.log = run.log
  }

  get application(): Application {
    return this.#run.application
  }

  status(): RunStatus | Promise<RunStatus> {
    const own = this.ownStatus()
    return this.#run.status?.(own) ?? own
  }

  /** What this process knows without asking another. */
  ownStatus(): RunStatus {
    const { plan, application, generation } = this.#run
    const [startedAt, lag, monitor] = [this.#startedAt, this.#loop.lag(), this.#run.monitor()]
    return runStatus({ plan, application, generation, startedAt, lag, monitor })
  }

  /** Its health and its numbers. What gathers them is loaded by the first who asks. */
  watching(): Promise<Watching> {
    this.#watching ??= import('../monitor/watching.ts').then(
      ({ Watching }) =>
        new Watching({
          ...this.#run,
          phase: () => this.#run.phase(),
          lag: () => this.#loop.lag(),
          status: () => this.status(),
        }),
    )
    return this.#watching
  }

  /** Resolves when all has stopped, or the time is up. */
  stop(): Promise<StopReport> {
    log.msg('Told to stop, shutting down.')
    this.#run.finish()
    return this.#told
  }

  /** The stop has come to this. */
  hasStopped(report: StopReport): void {
    this.#tell(report)
  }

  get silence(): number {
    return longestSilence(this.#run.plan.settings.stopTimeout)
  }

  debug(worker?: number): ReturnType<Inspectable['debug']> {
    return this.#inspected.debug(worker)
  }

  profile(seconds: number, signal: AbortSignal, worker?: number): Promise<string> {
    return this.#inspected.profile(seconds, signal, worker)
  }

  heap(worker?: number): ReturnType<Inspectable['heap']> {
    return this.#inspected.heap(worker)
  }
}
