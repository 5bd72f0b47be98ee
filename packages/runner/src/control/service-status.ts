import type {
  ConnectionCounts,
  IService,
  ListenerDescription,
  ServiceDescription,
  ServiceState,
} from '@runnerd/service'
import { stateOf } from '@runnerd/service/service-state'
import { attempt, disregard } from '../attempt.ts'

/** One service of the tree, as `runner status` shows it. */
export interface ServiceStatus {
  /** Its name, or that of its class. */
  readonly name: string
  readonly state: ServiceState
  /** An ISO date; `null` when nobody noted it. */
  readonly since: string | null
  readonly listeners: readonly ListenerDescription[]
  readonly details?: ServiceDescription['details']
  /** Those in it, in the order they are started. */
  readonly services: readonly ServiceStatus[]
}

/** More services than this are not told of. */
const MOST = 5000

/** Of one that can't even be asked whether it runs. */
const UNKNOWN = { state: 'failed', since: undefined } as const

/** Goes over a tree of services, and believes none of them to be well made. */
export function serviceStatus(service: IService): ServiceStatus {
  const seen = new Set<IService>()
  const tell = (each: IService): ServiceStatus => {
    seen.add(each)
    const { state, since } = attempt(() => stateOf(each)) ?? UNKNOWN
    const { listeners, details } = descriptionOf(each)
    return {
      name: nameOf(each),
      state,
      since: since === undefined ? null : new Date(since).toISOString(),
      listeners,
      ...(details === undefined ? {} : { details }),
      services: childrenOf(each).flatMap((child) =>
        seen.has(child) || seen.size >= MOST ? [] : [tell(child)],
      ),
    }
  }
  return tell(service)
}

/** All the listeners of a tree, with whose each is. */
export function listenersIn({ name, listeners, services }: ServiceStatus): OwnedListener[] {
  return [
    ...listeners.map((listener) => ({ service: name, ...listener })),
    ...services.flatMap(listenersIn),
  ]
}

export interface OwnedListener extends ListenerDescription {
  readonly service: string
}

function nameOf(service: IService): string {
  return String(attempt(() => service.name) ?? attempt(() => service.constructor.name) ?? 'service')
}

function childrenOf(service: IService): IService[] {
  return attempt(() => [...(service as Partial<Iterable<IService>> as Iterable<IService>)]) ?? []
}

/** What {@link descriptionOf} makes of it. */
export interface Description {
  readonly listeners: readonly ListenerDescription[]
  readonly details: Readonly<Record<string, string | number | boolean>> | undefined
}

/** What a service tells of itself, as far as it has the shape that it should have. */
export function descriptionOf(service: IService): Description {
  const { listeners, details } =
    attempt(() => {
      const told = service.describe?.() ?? {}
      disregard(told)
      return { listeners: told.listeners, details: told.details }
    }) ?? {}
  return {
    listeners: Array.isArray(listeners)
      ? listeners.flatMap((each) => attempt(() => listenerOf(each)) ?? [])
      : [],
    details: attempt(() => detailsOf(details)),
  }
}

function listenerOf({
  kind,
  address,
  port,
  connections,
}: ListenerDescription): ListenerDescription {
  return {
    kind: String(kind),
    address: String(address),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(connections === undefined ? {} : { connections: countsOf(connections) }),
  }
}

function countsOf({ open, total, ...limits }: ConnectionCounts): ConnectionCounts {
  const counts: Record<string, number> = { open: count(open), total: count(total) }
  for (const name of ['most', 'refused', 'timedOut', 'bytesIn', 'bytesOut'] as const) {
    if (limits[name] !== undefined) counts[name] = count(limits[name])
  }
  return counts as unknown as ConnectionCounts
}

/** What is no number would spoil every sum that it is in. */
function count(told: unknown): number {
  const number = Number(told)
  return Number.isFinite(number) ? number : 0
}

function detailsOf(details: ServiceDescription['details']): Description['details'] {
  if (typeof details !== 'object' || details === null) return undefined
  const plain = Object.entries(details).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  )
  return plain.length === 0 ? undefined : Object.fromEntries(plain)
}
