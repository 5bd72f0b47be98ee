import { printed } from '../complaint.ts'
import { DaemonClient } from '../control/daemon-client.ts'
import type { RunStatus } from '../control/run-status.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { askDaemon, type Found, ownDaemons, type Told, type Untold } from './own-daemons.ts'
import { statusText } from './status-text.ts'
import type { DaemonVerb, VerbCall } from './verb.ts'

const ATTEMPT = 'cannot show status'
const GET_STATUS = { method: 'GET', target: '/status' } as const

/** `runner status`: one daemon, or all of this user's. */
export const status: DaemonVerb = async (call) => {
  if (call.values.all || !call.isNamed) return await showAll(call)
  const told = await new DaemonClient(call.pidfile, ATTEMPT).ask<RunStatus>(GET_STATUS)
  print(1, call.values.json ? json(told) : statusText(told, new Date()))
  return { status: ExitStatus.OK }
}

async function showAll(call: VerbCall): Promise<Outcome> {
  const { all, json: asJson } = call.values
  const answers = await Promise.all(
    [...ownDaemons(call)].map(([pidfile, sweep]) => askDaemon(pidfile, sweep, ATTEMPT)),
  )
  const found = answers.filter((each) => each !== undefined)
  const faults = found.filter((each): each is Untold => 'complaint' in each)
  const told = found
    .filter((each): each is Told => 'status' in each)
    .map((each) => each.status)
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  if (asJson) print(1, json(told))
  else if (all) print(1, await table(found))
  else print(1, told.map((each) => statusText(each, new Date())).join('\n'))
  print(2, faults.map(({ complaint }) => printed(complaint)).join(''))
  if (faults.length > 0) return { status: faults[0]!.complaint.status }
  if (told.length > 0) return { status: ExitStatus.OK }
  print(2, `runner: ${ATTEMPT}: no daemon of yours is running\n`)
  return { status: ExitStatus.UNAVAILABLE }
}

async function table(found: readonly Found[]): Promise<string> {
  const { overview } = await import('../top/show-top.ts')
  return overview(found)
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
