import { plainLine } from '@runnerd/options'
import { age, inMB } from '../control/status-words.ts'
import { fitted, widthOf } from './cell.ts'
import type { DaemonRow } from './daemon-row.ts'

interface Column {
  readonly head: string
  /** Numbers are below each other by their ends. */
  readonly isNumber?: true
  text(row: DaemonRow, now: Date): string | undefined
}

const columns: readonly Column[] = [
  { head: 'NAME', text: ({ name }) => name },
  { head: 'PID', isNumber: true, text: ({ pid }) => told(pid) },
  { head: 'STATE', text: ({ state }) => state },
  {
    head: 'UP',
    isNumber: true,
    text: ({ startedAt }, now) => (startedAt === undefined ? undefined : age(startedAt, now)),
  },
  { head: 'OPEN', isNumber: true, text: ({ open }) => told(open) },
  { head: 'CONN/S', isNumber: true, text: ({ connections }) => connections?.toFixed(1) },
  { head: 'CPU%', isNumber: true, text: ({ cpu }) => cpu?.toFixed(1) },
  {
    head: 'MEMORY',
    isNumber: true,
    text: ({ memory }) => (memory === undefined ? undefined : `${inMB(memory)} MB`),
  },
  { head: 'LAG', isNumber: true, text: ({ lag }) => (lag === undefined ? undefined : `${lag} ms`) },
  { head: 'GEN', isNumber: true, text: ({ generation }) => told(generation) },
  {
    head: 'WORKERS',
    isNumber: true,
    text: ({ workers: of }) => (of === undefined ? undefined : `${of.running}/${of.all}`),
  },
  { head: 'RESTARTS', isNumber: true, text: ({ workers }) => told(workers?.restarts) },
  { head: 'PID FILE', text: ({ pidfile }) => pidfile },
]

/** What is between two columns. */
const GAP = '  '

/** To less than this no name is cut, but then the end of the rows. */
const SHORTEST_NAME = 12

/**
 * The rows below their heads, cut to a width: the pid files, then the names, then what
 * else is on the right.
 *
 * @param wants which columns there are, by their heads
 */
export function table(
  rows: readonly DaemonRow[],
  now: Date,
  width: number = Number.POSITIVE_INFINITY,
  wants: (head: string) => boolean = () => true,
): string[] {
  const shown = columns.filter(({ head }) => wants(head))
  const cells = rows.map((row) => shown.map(({ text }) => plainLine(text(row, now) || '-')))
  const all = [shown.map(({ head }) => head), ...cells]
  const widths = shown.map((_, at) => Math.max(...all.map((line) => widthOf(line[at]!))))
  const others = widths.slice(1, -1).reduce((sum, each) => sum + GAP.length + each, 0)
  widths[0] = Math.min(widths[0]!, Math.max(SHORTEST_NAME, width - others))
  return all.map((line) => {
    const padded = line.map((cell, at) => aligned(cell, widths[at]!, shown[at]!.isNumber === true))
    return fitted(padded.join(GAP).trimEnd(), width)
  })
}

function aligned(cell: string, width: number, isNumber: boolean): string {
  const text = fitted(cell, width)
  const space = ' '.repeat(width - widthOf(text))
  return isNumber ? space + text : text + space
}

function told(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}
