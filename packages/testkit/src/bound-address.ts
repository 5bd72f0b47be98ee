import type { IService } from 'runnerd'

interface Bound {
  readonly host: string
  readonly port: number
}

/**
 * Where the first service that is bound to an address is bound. Going by its
 * members: the plugin may have another copy of the door than we.
 */
export function boundAddress(service: IService): Bound | undefined {
  const own = (service as { address?: unknown }).address
  const address =
    typeof own === 'function' ? (own.call(service) as Partial<Bound> | null) : undefined
  if (typeof address?.port === 'number' && typeof address.host === 'string') {
    return { host: address.host, port: address.port }
  }
  if (!(Symbol.iterator in service)) return undefined
  for (const child of service as Iterable<IService>) {
    const bound = boundAddress(child)
    if (bound !== undefined) return bound
  }
  return undefined
}
