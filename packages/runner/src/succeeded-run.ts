import type { PipeHandle } from './control/bind-control.ts'
import type { Reloaded } from './generation-channel.ts'
import type { Keeper } from './keeper.ts'
import type { PidFile } from './pid-file.ts'
import type { StopSignal } from './stop-signals.ts'

/** What a reload does with the run in this process. */
export interface SucceededRun {
  readonly pidFile: PidFile
  readonly keeper: Keeper | undefined
  /** The control socket, where there is one. */
  readonly control: PipeHandle | undefined
  /** A successor serves: begins to drain, and then to stop. */
  retire(): void
  /** Stops now, drained or not. */
  stop(): void
  /** The same, as by this signal, for another process that tells it so; twice ends it at once. */
  stopBy(signal: StopSignal): void
  reload(): Promise<Reloaded>
}
