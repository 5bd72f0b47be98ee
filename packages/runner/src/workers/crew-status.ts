import type { ConnectionCounts, ServiceState } from '@runnerd/service'
import type { RunStatus } from '../control/run-status.ts'
import type { OwnedListener, ServiceStatus } from '../control/service-status.ts'
import { inTime } from '../in-time.ts'
import type { Crew } from './crew.ts'
import type { WorkerProcess, WorkerState } from './worker-process.ts'
import type { WorkerSlot } from './worker-slot.ts'
import { nameOfWorker } from './worker-terms.ts'

/** How long a worker may take to say how it is, in seconds: a busy one is not waited for. */
const PATIENCE = 1

/** One worker, as `runner status` shows it. */
export interface WorkerStatus {
  readonly number: number
  /** `waiting` is between the end of one process and the start of the next. */
  readonly state: Exclude<WorkerState, 'ended'> | 'waiting'
  /** An ISO date. */
  readonly since: string
  /** 0 while waiting. */
  readonly pid: number
  readonly generation: number
  /** How many times it was started again after it had ended. */
  readonly restarts: number
  /** `null` for one that does not answer: not ready, waiting, or too busy. */
  readonly memory: RunStatus['memory'] | null
  readonly cpu: RunStatus['cpu'] | null
  readonly loopLag: RunStatus['loopLag'] | null
  readonly connections: RunStatus['connections'] | null
}

/** A worker that is to end and has not: another serves in its place. */
export type LeavingStatus = Pick<WorkerStatus, 'number' | 'since' | 'pid' | 'generation'> & {
  readonly state: WorkerState
}

/** What a run is with all its workers: each is a service with a tree of its own. */
export async function crewStatus(own: RunStatus, crew: Crew): Promise<RunStatus> {
  const answers = await Promise.all(crew.slots.map(({ current }) => ask(current)))
  const workers = crew.slots.map((slot, index) => workerStatus(slot, answers[index]))
  const leaving = crew.leaving.all.map(leavingStatus)
  const there = answers.filter((answer) => answer !== undefined)
  const sum = (of: 'open' | 'total'): number =>
    there.reduce((total, { connections }) => total + connections[of], 0)
  return {
    ...own,
    generation: crew.generation,
    connections: { open: sum('open'), total: sum('total') },
    listeners: listenersOf(there),
    services: [
      ...workers.map((worker, index) => asService(worker, answers[index])),
      ...leaving.map(leavingService),
    ],
    workers,
    leaving,
  }
}

async function ask(worker: WorkerProcess | undefined): Promise<RunStatus | undefined> {
  if (worker === undefined || worker.state !== 'running') return undefined
  return await inTime(PATIENCE, 'no answer', worker.status()).catch(() => undefined)
}

function workerStatus(slot: WorkerSlot, answer: RunStatus | undefined): WorkerStatus {
  const { number, current, restarts } = slot
  const isThere = current !== undefined && current.state !== 'ended'
  return {
    number,
    state: isThere ? (current.state as Exclude<WorkerState, 'ended'>) : 'waiting',
    since: (current?.since ?? new Date()).toISOString(),
    pid: isThere ? current.pid : 0,
    generation: current?.order.generation ?? 0,
    restarts: restarts.total,
    memory: answer?.memory ?? null,
    cpu: answer?.cpu ?? null,
    loopLag: answer?.loopLag ?? null,
    connections: answer?.connections ?? null,
  }
}

function leavingStatus({ order, state, since, pid }: WorkerProcess): LeavingStatus {
  const { number, generation } = order
  return { number, state, since: since.toISOString(), pid, generation }
}

/** Of its tree nothing is asked: it may be too busy to answer. */
function leavingService({ number, since, pid, generation }: LeavingStatus): ServiceStatus {
  const details = { pid, generation }
  return {
    name: nameOfWorker(number),
    state: 'stopping',
    since,
    listeners: [],
    details,
    services: [],
  }
}

/** The same socket in all of them, with the connections of all. */
function listenersOf(answers: readonly RunStatus[]): OwnedListener[] {
  const all = new Map<string, OwnedListener>()
  for (const { connections, ...listener } of answers.flatMap(({ listeners }) => listeners)) {
    const key = JSON.stringify(listener)
    if (connections === undefined) {
      all.set(key, listener)
      continue
    }
    const sum = new Map(Object.entries(all.get(key)?.connections ?? {}))
    for (const [of, count] of Object.entries(connections)) sum.set(of, (sum.get(of) ?? 0) + count)
    all.set(key, {
      ...listener,
      connections: Object.fromEntries(sum) as unknown as ConnectionCounts,
    })
  }
  return [...all.values()]
}

const STATES: { readonly [state in WorkerStatus['state']]: ServiceState } = {
  starting: 'starting',
  running: 'running',
  draining: 'stopping',
  stopping: 'stopping',
  waiting: 'failed',
}

function asService(worker: WorkerStatus, answer: RunStatus | undefined): ServiceStatus {
  const { number, state, since, pid, generation, restarts } = worker
  return {
    name: nameOfWorker(number),
    state: STATES[state],
    since,
    listeners: [],
    details: { pid, generation, restarts },
    services: answer?.services ?? [],
  }
}
