import { attempt } from '../attempt.ts'
import type { RunStatus } from '../control/run-status.ts'
import type { Found } from '../daemon-verbs/own-daemons.ts'
import { ExitStatus } from '../exit-status.ts'
import { type Rates, ratesBetween, type Sample } from './rates.ts'

/** All that is known of one daemon. */
export interface Known {
  readonly pidfile: string
  readonly pid: number | undefined
  /** What it told last, and the time before. */
  readonly last?: Sample | undefined
  readonly before?: Sample | undefined
  /** Why it has told nothing since. */
  readonly fault?: Fault | undefined
}

export type Fault = 'asking' | 'no answer' | 'unreachable'

/** One row of the table; `undefined` is what is not known. */
export interface DaemonRow extends Partial<Rates> {
  readonly name?: string
  readonly pid: number | undefined
  readonly state: string
  readonly pidfile: string
  /** An ISO date. */
  readonly startedAt?: string
  readonly open?: number
  /** Bytes, of all its processes. */
  readonly memory?: number
  /** Milliseconds, of the process that is the latest. */
  readonly lag?: number
  readonly generation?: number
  readonly workers?: { readonly running: number; readonly all: number; readonly restarts: number }
}

/** What somebody who was asked has told, or has not. */
export function faultOf(found: Found): Fault | undefined {
  if ('status' in found) return undefined
  return found.complaint.status === ExitStatus.TEMPFAIL ? 'no answer' : 'unreachable'
}

export function rowOf(known: Known): DaemonRow {
  const { pidfile, pid, last, before, fault } = known
  const name = last?.status.name
  const silent = { pidfile, pid, ...(typeof name === 'string' ? { name } : {}) }
  if (last === undefined || fault !== undefined) return { ...silent, state: fault ?? 'asking' }
  const row = attempt(() => ({
    ...factsOf(last.status, pidfile),
    ...(before === undefined ? {} : ratesBetween(before, last)),
  }))
  return row ?? { ...silent, state: 'unreadable' }
}

function factsOf(status: RunStatus, pidfile: string): DaemonRow {
  const { name, pid, state, startedAt, connections, generation, workers } = status
  const all = [status, ...(workers ?? [])]
  const numbers = {
    pid,
    open: connections.open,
    memory: all.reduce((sum, { memory }) => sum + (memory?.rss ?? 0), 0),
    lag: Math.max(...all.map(({ loopLag }) => loopLag?.last ?? 0)),
    generation,
  }
  const texts = { name, state, startedAt }
  check(Object.values(numbers).every(Number.isFinite))
  check(Object.values(texts).every((text) => typeof text === 'string'))
  return {
    pidfile,
    ...texts,
    ...numbers,
    ...(workers === undefined ? {} : { workers: countsOf(workers) }),
  }
}

/** Whoever is there in the place of a daemon may tell anything. */
function check(isSound: boolean): void {
  if (!isSound) throw new TypeError('this is no status')
}

function countsOf(workers: NonNullable<RunStatus['workers']>): NonNullable<DaemonRow['workers']> {
  return {
    running: workers.filter(({ state }) => state === 'running').length,
    all: workers.length,
    restarts: workers.reduce((sum, { restarts }) => sum + restarts, 0),
  }
}
