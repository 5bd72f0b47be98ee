import { availableParallelism } from 'node:os'
import { UsageError } from '@runnerd/options'
import { cpuQuota } from './cpu-quota.ts'

/** More would be a slip of the finger. */
const MOST = 1024

/**
 * How many workers `--workers` asks for. `auto` is one for each processor that this
 * process may use, or whose time its control group may use.
 *
 * @throws UsageError
 */
export function workerCount(text: string): number {
  if (text === 'auto') return Math.min(availableParallelism(), atLeastOne(cpuQuota()))
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MOST) return count
  const range = `a whole number from 1 to ${MOST}, or auto`
  throw new UsageError(`option --workers needs ${range}, not ${JSON.stringify(text)}`)
}

function atLeastOne(processors: number): number {
  return Math.max(1, Math.ceil(processors))
}
