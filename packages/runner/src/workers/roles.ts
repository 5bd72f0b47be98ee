import type { LogFile } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import type { LogControl } from '../control/controlled.ts'
import type { ControlledRun, RunHandle } from '../control/controlled-run.ts'
import type { RunControl } from '../control/open-control.ts'
import type { Reloaded } from '../generation-channel.ts'
import type { Keeper } from '../keeper.ts'
import type { Outcome } from '../outcome.ts'
import type { Identity, RunnerSettings } from '../plan.ts'

/** What a run does otherwise that has workers: its application is the crew of them. */
export interface CrewRole {
  /** @param end ends the run */
  makeApplication(end: (outcome: Outcome) => void): Application
  /** Privileges were shed; `keeper` makes the next log file, where one is needed. */
  shed(file: LogFile, keeper: Keeper | undefined): void
  /** What its control socket does otherwise. */
  extras(log: LogControl): Pick<RunHandle, 'status' | 'log' | 'inspected' | 'crew'>
  reload(): Promise<Reloaded>
  /** What had not stopped in time. */
  readonly late: readonly string[]
  /** Ends all workers at once. */
  kill(): void
}

/** What a run does otherwise that is one worker of several. */
export interface WorkerRole {
  readonly number: number
  /** It is asked and told things by the process that has started it. */
  openControl(controlled: ControlledRun): RunControl
  /** Becomes another user, and leaves to others what is theirs. */
  changeIdentity(identity: Identity, settings: RunnerSettings, file: LogFile): undefined
  /** The application has stopped itself. */
  done(): void
}
