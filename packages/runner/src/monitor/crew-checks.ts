import { inTime } from '../in-time.ts'
import type { Crew } from '../workers/crew.ts'
import type { WorkerSlot } from '../workers/worker-slot.ts'
import { nameOfWorker } from '../workers/worker-terms.ts'
import { type Check, type Readiness, reasonsOf } from './readiness.ts'

/** How long a worker may take to say how its services are, in seconds: longer than these may. */
const PATIENCE = 3

/** Why one worker does not serve; `undefined` if it does. */
interface WorkerFault {
  readonly number: number
  readonly fault: string | undefined
}

/**
 * Whether workers serve: one that is ready is enough, for all have the same sockets, and
 * one that has ended is replaced.
 */
export async function crewCheck({ slots }: Pick<Crew, 'slots'>): Promise<Check> {
  const workers = await Promise.all(slots.map(look))
  const faults = workers.filter(({ fault }) => fault !== undefined)
  const ready = workers.length - faults.length
  const counted = `${ready} of ${workers.length} ready`
  const named = faults.map(({ number, fault }) => `${nameOfWorker(number)}: ${fault}`)
  return { name: 'workers', ok: ready > 0, reason: [counted, ...named].join(', ') }
}

async function look({ number, current }: WorkerSlot): Promise<WorkerFault> {
  if (current === undefined || current.state === 'ended') return { number, fault: 'waiting' }
  if (current.state !== 'running') return { number, fault: current.state }
  try {
    const told: Readiness | undefined = await inTime(PATIENCE, 'no answer', current.ask('health'))
    if (told === undefined) return { number, fault: 'waiting' }
    return { number, fault: told.ok ? undefined : reasonsOf(told) }
  } catch {
    return { number, fault: 'no answer' }
  }
}
