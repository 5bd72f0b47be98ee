import { plainLine } from '@runnerd/options'
import type { IService, ServiceHealth, ServiceState } from '@runnerd/service'
import { stateOf } from '@runnerd/service/service-state'
import { inTime } from '../in-time.ts'
import type { Check } from './readiness.ts'
import { type PlacedService, servicesIn } from './services-in.ts'
import { thrownLine, toldLine } from './told-line.ts'

/** How long a service may take to say how well it is, in seconds. */
const PATIENCE = 2

/** What no service is when the tree is up; one that somebody has stopped is meant to be. */
const WRONG: readonly ServiceState[] = ['starting', 'stopping', 'failed']

/** How each service of a tree is, all asked at the same time. */
export async function serviceChecks(top: IService): Promise<Check[]> {
  return await Promise.all(servicesIn(top).map(check))
}

async function check({ service, path }: PlacedService): Promise<Check> {
  // One line each, whatever its name.
  const name = plainLine(path)
  try {
    const { state } = stateOf(service)
    if (WRONG.includes(state)) return { name, ok: false, reason: `it is ${state}` }
    if (state === 'stopped') return { name, ok: true, reason: 'stopped' }
    if (service.health === undefined) return { name, ok: true }
    // A method that isn't one is a mistake to be seen.
    const told = await inTime(PATIENCE, 'no answer', Promise.resolve(service.health()))
    return { name, ...healthOf(told) }
  } catch (error) {
    return { name, ok: false, reason: thrownLine(error) }
  }
}

/** As far as it has the shape that it should have. */
function healthOf(told: ServiceHealth | null | undefined): Omit<Check, 'name'> {
  const { ok, reason } = told ?? {}
  if (typeof ok !== 'boolean') return { ok: false, reason: 'it does not say whether it is well' }
  return { ok, reason: toldLine(reason) }
}
