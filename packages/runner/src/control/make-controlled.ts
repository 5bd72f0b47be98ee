import type { LogFile } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import type { Belongings } from '../belongings.ts'
import type { Inheritance } from '../inheritance.ts'
import { logControl } from '../log-control.ts'
import type { Plan } from '../plan.ts'
import { ControlledRun, type RunHandle } from './controlled-run.ts'

/** Makes what others see of a run whose log is open and whose application is made. */
export function makeControlled(
  plan: Plan,
  has: Belongings,
  { generation, crew, worker }: Inheritance,
  run: Pick<RunHandle, 'phase' | 'finish' | 'reload'>,
): ControlledRun {
  const log = logControl(has.file as LogFile)
  return new ControlledRun({
    ...run,
    plan,
    application: has.application as Application,
    generation,
    logged: has.logged,
    monitor: () => has.monitor?.describe() ?? null,
    log,
    worker: worker?.number,
    ...crew?.extras(log),
  })
}
