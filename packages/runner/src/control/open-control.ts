import type { Belongings } from '../belongings.ts'
import type { WorkerRole } from '../workers/roles.ts'
import type { PipeHandle } from './bind-control.ts'
import { Control } from './control.ts'
import type { StopReport } from './controlled.ts'

/** A run's control: what the run itself says to it. */
export interface RunControl
  extends Pick<Control, 'handle' | 'giveTo' | 'enterAgain' | 'letGo' | 'cutShort' | 'remove'> {
  /** The stop has come to this; resolves when whoever asked knows. */
  stopped(report: StopReport): Promise<void>
}

/**
 * Lets a run be asked and told things by its control socket, from now on; without a pid
 * file it can't be. A worker is, by whoever has started it.
 *
 * @param has the run's settings as this process reaches them, and what others see of it
 * @param handle the socket of a predecessor, to be taken over
 */
export async function openControl(
  { settings: { pidfile }, controlled }: Pick<Belongings, 'settings' | 'controlled'>,
  worker: WorkerRole | undefined,
  handle?: PipeHandle,
): Promise<RunControl | undefined> {
  if (controlled === undefined) return undefined
  if (worker !== undefined) return worker.openControl(controlled)
  if (pidfile === undefined) return undefined
  const control =
    handle === undefined ? await Control.open(pidfile) : Control.takeOver(pidfile, handle)
  control.serve(controlled)
  return Object.assign(control, {
    stopped(report: StopReport): Promise<void> {
      controlled.hasStopped(report)
      return control.answered()
    },
  })
}
