import { moment } from '../control/status-words.ts'
import { fitted } from './cell.ts'
import type { DaemonRow } from './daemon-row.ts'
import { type Order, orders, sorted } from './sort-rows.ts'
import { table } from './table.ts'

/** What a view is drawn by. */
export interface ViewOf {
  readonly rows: readonly DaemonRow[]
  readonly order: Order
  readonly now: Date
  /** Between two looks. */
  readonly seconds: number
  /** Of the terminal. */
  readonly columns: number
  readonly lines: number
}

/** All lines but those of daemons: the first, the heads, an empty one and the keys. */
const AROUND = 4

/** The lines of a whole screen, none wider than it is; as many as it has. */
export function view({ rows, order, now, seconds, columns, lines }: ViewOf): string[] {
  const [heads = '', ...all] = table(sorted(rows, order), now, columns)
  const room = Math.max(0, lines - AROUND)
  const shown = all.length <= room ? all : all.slice(0, Math.max(0, room - 1))
  const more = all.length - shown.length
  const body = [
    fitted(titleOf(rows.length, orders[order].by, seconds, now), columns),
    heads,
    ...shown,
    ...(more > 0 ? [fitted(`… and ${more} more`, columns)] : []),
  ]
  const space = Math.max(0, lines - body.length - 1)
  return [...body, ...Array<string>(space).fill(''), fitted(KEYS, columns)].slice(-lines)
}

function titleOf(count: number, by: string, seconds: number, now: Date): string {
  const daemons = count === 1 ? '1 daemon' : `${count === 0 ? 'no' : count} daemons`
  return `${moment(now.toISOString(), now, 'time')}  ${daemons} of yours, by ${by}, every ${seconds} s`
}

const KEYS = `q quit   sort by: ${Object.entries(orders)
  .map(([key, { by }]) => `${key} ${by}`)
  .join('  ')}`
