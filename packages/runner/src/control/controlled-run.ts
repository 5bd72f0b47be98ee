import type { Application } from '@runnerd/service'
import type { Plan } from '../plan.ts'
import { longestSilence } from '../stop-deadlines.ts'
import type { Controlled, Inspectable, LogControl, ReloadReport, StopReport } from './controlled.ts'
import { inspectedProcess } from './inspected-process.ts'
import { LoopWatch } from './loop-lag.ts'
import { type RunStatus, runStatus } from './run-status.ts'

/** What a run lets others do with it. */
export interface RunHandle {
  readonly plan: Plan
  readonly application: Application
  /** 1, and one more with each reload. */
  readonly generation: number
  /** Begins to stop, if that isn't so already; resolves when all have or the time is up. */
  stop(): Promise<StopReport>
  reload?(): Promise<ReloadReport>
  /** Completes what this process knows of itself. */
  status?(own: RunStatus): Promise<RunStatus>
  readonly log?: LogControl
  /** What may be looked into in place of this process. */
  readonly inspected?: Inspectable
}

/** A run as its control socket sees it. */
export class ControlledRun implements Controlled {
  readonly #run: RunHandle
  readonly #inspected: Inspectable
  readonly #watch = new LoopWatch()
  readonly #startedAt = new Date(Date.now() - process.uptime() * 1000)
  readonly reload?: () => Promise<ReloadReport>
  readonly log?: LogControl

  constructor(run: RunHandle) {
    this.#run = run
    this.#inspected = run.inspected ?? inspectedProcess
    if (run.reload) this.reload = () => run.reload!()
    if (run.log) this.log = run.log
  }

  status(): RunStatus | Promise<RunStatus> {
    const own = this.ownStatus()
    return this.#run.status?.(own) ?? own
  }

  /** What this process knows without asking another. */
  ownStatus(): RunStatus {
    return runStatus({ ...this.#run, startedAt: this.#startedAt, lag: this.#watch.lag() })
  }

  stop(): Promise<StopReport> {
    return this.#run.stop()
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
