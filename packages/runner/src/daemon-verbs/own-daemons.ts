import { existsSync } from 'node:fs'
import { type Complaint, complaintOf } from '../complaint.ts'
import { type Asked, DaemonClient } from '../control/daemon-client.ts'
import { registered } from '../control/registry.ts'
import type { RunStatus } from '../control/run-status.ts'
import type { VerbCall } from './verb.ts'

const GET_STATUS = { method: 'GET', target: '/status' } as const

/** A daemon that was asked how it is: it has told, or there is why it has not. */
export type Found = Told | Untold

export interface Told {
  readonly pidfile: string
  readonly status: RunStatus
}

export interface Untold {
  readonly pidfile: string
  /** `undefined` where the pid file tells of none. */
  readonly pid: number | undefined
  readonly complaint: Complaint
}

/** The pid files of this user's daemons, each with what takes its entries away. */
export function ownDaemons({ pidfile, variables }: VerbCall): Map<string, () => void> {
  const entries = registered(variables)
  // One that could not be entered, of the directory that somebody is in.
  if (!entries.has(pidfile) && existsSync(pidfile)) entries.set(pidfile, () => {})
  return entries
}

/**
 * Asks the daemon of an entry how it is; `undefined`, and the entry goes, when there is none.
 *
 * @param attempt how each complaint begins: `cannot show status`
 */
export async function askDaemon(
  pidfile: string,
  sweep: () => void,
  attempt: string,
  patience: Pick<Asked, 'patience'> = {},
): Promise<Found | undefined> {
  let pid: number | undefined
  try {
    const daemon = new DaemonClient(pidfile, attempt)
    pid = daemon.pid
    return { pidfile, status: await daemon.ask<RunStatus>({ ...GET_STATUS, ...patience }) }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_NO_DAEMON') {
      return { pidfile, pid, complaint: complaintOf(error, attempt) }
    }
    sweep()
    return undefined
  }
}
