import { existsSync } from 'node:fs'
import { type Complaint, complaintOf, printed } from '../complaint.ts'
import { DaemonClient } from '../control/daemon-client.ts'
import { registered } from '../control/registry.ts'
import type { RunStatus } from '../control/run-status.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { statusText } from './status-text.ts'
import type { DaemonVerb, VerbCall } from './verb.ts'

const ATTEMPT = 'cannot show status'
const GET_STATUS = { method: 'GET', target: '/status' } as const

/** `runner status`: one daemon, or all of this user's. */
export const status: DaemonVerb = async (call) => {
  if (!call.isNamed) return await showAll(call)
  const told = await new DaemonClient(call.pidfile, ATTEMPT).ask<RunStatus>(GET_STATUS)
  print(1, call.values.json ? json(told) : statusText(told, new Date()))
  return { status: ExitStatus.OK }
}

async function showAll(call: VerbCall): Promise<Outcome> {
  const entries = registered(call.variables)
  // One that could not be entered, of the directory that somebody is in.
  if (!entries.has(call.pidfile) && existsSync(call.pidfile)) entries.set(call.pidfile, () => {})
  const answers = await Promise.all([...entries].map(([pidfile, sweep]) => look(pidfile, sweep)))
  const there = answers.filter((each) => each !== undefined)
  const told = there.filter((each): each is RunStatus => 'pid' in each)
  const faults = there.filter((each): each is Complaint => 'line' in each)
  told.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  if (call.values.json) print(1, json(told))
  else print(1, told.map((each) => statusText(each, new Date())).join('\n'))
  print(2, faults.map(printed).join(''))
  if (faults.length > 0) return { status: faults[0]!.status }
  if (told.length > 0) return { status: ExitStatus.OK }
  print(2, `runner: ${ATTEMPT}: no daemon of yours is running\n`)
  return { status: ExitStatus.UNAVAILABLE }
}

/** How the daemon of an entry is; `undefined`, and the entry goes, when there is none. */
async function look(
  pidfile: string,
  sweep: () => void,
): Promise<RunStatus | Complaint | undefined> {
  try {
    return await new DaemonClient(pidfile, ATTEMPT).ask<RunStatus>(GET_STATUS)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_NO_DAEMON') return complaintOf(error, ATTEMPT)
    sweep()
    return undefined
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
