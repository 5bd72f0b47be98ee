/** Tables of all daemons of a user: a part of its own, which only those load who want one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { printed } from '../complaint.ts'
import { askDaemon, type Found, ownDaemons, type Untold } from '../daemon-verbs/own-daemons.ts'
import type { VerbCall } from '../daemon-verbs/verb.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { ATTEMPT, after } from './daemon-looks.ts'
import { type DaemonRow, type Known, rowOf } from './daemon-row.ts'
import { type Order, sorted } from './sort-rows.ts'
import { table } from './table.ts'

export { liveView as showLive } from './live-view.ts'

/** What it takes two looks to tell. */
const RATES: ReadonlySet<string> = new Set(['CONN/S', 'CPU%'])

/** The table of `runner status --all`. */
export function overview(found: readonly Found[]): string {
  const rows = found.map((each) => rowOf(after(unknown(each.pidfile), each)))
  return printedTable(rows, 'n', (head) => !RATES.has(head))
}

/** `runner top --once`: the table after two looks at each, as long apart as is said. */
export async function showOnce(call: VerbCall, seconds: number): Promise<Outcome> {
  const looks = await Promise.all(
    [...ownDaemons(call)].map(([pidfile, sweep]) => twice(pidfile, sweep, seconds)),
  )
  const there = looks.filter((each) => each !== undefined)
  if (there.length === 0) {
    print(2, `runner: ${ATTEMPT}: no daemon of yours is running\n`)
    return { status: ExitStatus.UNAVAILABLE }
  }
  print(
    1,
    printedTable(
      there.map(({ known }) => rowOf(known)),
      'c',
    ),
  )
  const faults = there
    .map(({ found }) => found)
    .filter((each): each is Untold => 'complaint' in each)
  print(2, faults.map(({ complaint }) => printed(complaint)).join(''))
  return { status: faults[0]?.complaint.status ?? ExitStatus.OK }
}

/** One that doesn't answer is not asked again. */
async function twice(
  pidfile: string,
  sweep: () => void,
  seconds: number,
): Promise<{ known: Known; found: Found } | undefined> {
  const first = await askDaemon(pidfile, sweep, ATTEMPT)
  if (first === undefined) return undefined
  const known = after(unknown(pidfile), first)
  if (!('status' in first)) return { known, found: first }
  await sleep(seconds * 1000)
  const found = await askDaemon(pidfile, sweep, ATTEMPT)
  return found === undefined ? undefined : { known: after(known, found), found }
}

function unknown(pidfile: string): Known {
  return { pidfile, pid: undefined }
}

function printedTable(
  rows: readonly DaemonRow[],
  order: Order,
  wants?: (head: string) => boolean,
): string {
  if (rows.length === 0) return ''
  const { columns } = process.stdout
  return table(sorted(rows, order), new Date(), columns || undefined, wants)
    .map((line) => `${line}\n`)
    .join('')
}
