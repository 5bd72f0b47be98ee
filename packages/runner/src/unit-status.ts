/**
 * What a service manager is told of a run, in the words of sd_notify(3). The status is
 * what `systemctl status` shows.
 */
import { counted, plainLine } from '@runnerd/options'

/** More of a run that serves. */
export interface Serving {
  /** How many processes serve, where that was asked for. */
  readonly workers?: number | undefined
  /** Why the last reload failed, if it did. */
  readonly failed?: string | undefined
}

/** Said when it serves, for the first time or again. */
export function serving(generation: number, { workers, failed }: Serving = {}): string {
  const by = workers === undefined ? '' : ` with ${counted(workers, 'worker')}`
  const after = failed === undefined ? '' : `; the last reload failed: ${plainLine(failed)}`
  return `READY=1\nSTATUS=Generation ${generation} serves${by}${after}`
}

/** Said when a reload begins. */
export function reloading(): string {
  return `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}\nSTATUS=Reloading`
}

/** Said when the stop begins. */
export const STOPPING = 'STOPPING=1\nSTATUS=Stopping'

/** Said when the start has failed. */
export function failing(line: string): string {
  return `STATUS=${plainLine(line)}`
}
