import { log } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import type { Plan } from '../plan.ts'
import type { PipeHandle } from './bind-control.ts'
import { Control } from './control.ts'
import type { StopReport } from './controlled.ts'
import { ControlledRun, type RunHandle } from './controlled-run.ts'

/** What a run can't tell of itself by its plan and its application. */
export interface RunExtras
  extends Partial<Pick<RunHandle, 'generation' | 'reload' | 'log' | 'status' | 'inspected'>> {
  /** The pid file as this process reaches it, where the root has changed. */
  readonly pidfile?: string | undefined
}

/** A run's control: what the run itself says to it. */
export interface RunControl
  extends Pick<Control, 'handle' | 'giveTo' | 'enterAgain' | 'letGo' | 'cutShort' | 'remove'> {
  /** The stop has come to this; resolves when whoever asked knows. */
  stopped(report: StopReport): Promise<void>
}

/**
 * Lets a run be asked and told things by its control socket, from now on; without
 * a pid file it can't be.
 *
 * @param finish begins the stop
 * @param handle the socket of a predecessor, to be taken over
 */
export async function openControl(
  plan: Plan,
  application: Application,
  finish: () => void,
  { pidfile = plan.settings.pidfile, ...extras }: RunExtras = {},
  handle?: PipeHandle,
): Promise<RunControl | undefined> {
  if (pidfile === undefined) return undefined
  const control =
    handle === undefined ? await Control.open(pidfile) : Control.takeOver(pidfile, handle)
  let tell: (report: StopReport) => void = () => {}
  const told = new Promise<StopReport>((resolve) => {
    tell = resolve
  })
  const stop = (): Promise<StopReport> => {
    log.msg('Told to stop, shutting down.')
    finish()
    return told
  }
  control.serve(new ControlledRun({ generation: 1, ...extras, plan, application, stop }))
  return Object.assign(control, {
    stopped(report: StopReport): Promise<void> {
      tell(report)
      return control.answered()
    },
  })
}
