import type { Readable } from 'node:stream'
import type { Application } from '@runnerd/service'
import { openInspector } from '../open-inspector.ts'
import type { Plan } from '../plan.ts'
import type { Controlled, LogControl, ReloadReport, StopReport } from './controlled.ts'
import { LoopWatch } from './loop-lag.ts'
import { profileFor } from './profile-for.ts'
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
}

/** A run as its control socket sees it. */
export class ControlledRun implements Controlled {
  readonly #run: RunHandle
  readonly #watch = new LoopWatch()
  readonly #startedAt = new Date(Date.now() - process.uptime() * 1000)
  readonly reload?: () => Promise<ReloadReport>
  readonly log?: LogControl

  constructor(run: RunHandle) {
    this.#run = run
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

  debug(): { url: string } {
    return { url: openInspector() }
  }

  profile(seconds: number, signal: AbortSignal): Promise<string> {
    return profileFor(seconds, signal)
  }

  heap(): Readable {
    return process.getBuiltinModule('node:v8').getHeapSnapshot()
  }
}
