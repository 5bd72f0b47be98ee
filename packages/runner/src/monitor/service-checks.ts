import { plainLine } from '@runnerd/options'
import type { IService, ServiceHealth, ServiceState } from '@runnerd/service'
import { stateOf } from '@runnerd/service/service-state'
import { inTime } from '../in-time.ts'
import type { Check } from './readiness.ts'
import { type PlacedService, servicesIn } from './services-in.ts'

/** How long a service may take to say how well it is, in seconds. */
const PATIENCE = 2

/** The longest reason that is passed on, in characters. */
const LONGEST = 200

/** What no service is when the tree is up; one that somebody has stopped is meant to be. */
const WRONG: readonly ServiceState[] = ['starting', 'stopping', 'failed']

/** How each service of a tree is, all asked at the same time. */
export async function serviceChecks(top: IService): Promise<Check[]> {
  return await Promise.all(servicesIn(top).map(check))
}

async function check({ service, path: name }: PlacedService): Promise<Check> {
  const { state } = stateOf(service)
  if (WRONG.includes(state)) return { name, ok: false, reason: `it is ${state}` }
  if (state === 'stopped') return { name, ok: true, reason: 'stopped' }
  try {
    // A method that isn't one is a mistake to be seen.
    const asked = service.health === undefined ? undefined : service.health()
    if (asked === undefined) return { name, ok: true }
    const told = await inTime(PATIENCE, 'no answer', Promise.resolve(asked))
    return { name, ...healthOf(told) }
  } catch (error) {
    return { name, ok: false, reason: shortened((error as Error | undefined)?.message ?? error) }
  }
}

/** As far as it has the shape that it should have. */
function healthOf(told: ServiceHealth): Omit<Check, 'name'> {
  const { ok, reason } = told
  if (typeof ok !== 'boolean') return { ok: false, reason: 'it does not say whether it is well' }
  return reason === undefined ? { ok } : { ok, reason: shortened(reason) }
}

function shortened(text: unknown): string {
  const line = plainLine(String(text))
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}
