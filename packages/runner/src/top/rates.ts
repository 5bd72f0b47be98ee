import type { RunStatus } from '../control/run-status.ts'

/** What a daemon told, and when by a clock that never goes back, in ms. */
export interface Sample {
  readonly status: RunStatus
  readonly at: number
}

/** What a daemon did between two looks at it; `undefined` where that can't be said. */
export interface Rates {
  /** Percent of one processor. */
  readonly cpu: number | undefined
  /** New ones in a second. */
  readonly connections: number | undefined
}

/** By what each process has counted, as far as it is the same process as before. */
export function ratesBetween(before: Sample, after: Sample): Rates {
  const seconds = (after.at - before.at) / 1000
  const perSecond = (of: (status: RunStatus) => Counts): number | undefined => {
    const grown = growth(of(before.status), of(after.status))
    return grown === undefined || seconds <= 0 ? undefined : grown / seconds
  }
  const cpu = perSecond(cpuSeconds)
  return { cpu: cpu === undefined ? undefined : cpu * 100, connections: perSecond(connections) }
}

/** What the processes of a daemon have counted, by their pids. */
type Counts = ReadonlyMap<number, number>

function cpuSeconds({ pid, cpu, workers = [] }: RunStatus): Counts {
  const theirs = workers.flatMap((each) =>
    each.cpu === null ? [] : [[each.pid, each.cpu] as const],
  )
  return new Map([[pid, cpu] as const, ...theirs].map(([of, { seconds }]) => [of, seconds]))
}

/** With workers the first process serves nobody: its number is the sum of theirs. */
function connections({ pid, connections: own, workers }: RunStatus): Counts {
  if (workers === undefined) return new Map([[pid, own.total]])
  return new Map(
    workers.flatMap((each) =>
      each.connections === null ? [] : [[each.pid, each.connections.total] as const],
    ),
  )
}

function growth(before: Counts, after: Counts): number | undefined {
  const same = [...after].filter(([pid]) => before.has(pid))
  if (same.length === 0) return undefined
  return same.reduce((sum, [pid, count]) => sum + Math.max(0, count - before.get(pid)!), 0)
}
