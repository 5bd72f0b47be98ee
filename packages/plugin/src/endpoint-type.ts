/** What is remembered of an endpoint type that a dropin exports. */
export interface CachedEndpointType {
  /** What its strings begin with, before their first colon. */
  readonly prefix: string
  /** What it makes endpoints for. */
  readonly kinds: readonly EndpointKind[]
  /** The name it is exported under. */
  readonly export: string
}

export type EndpointKind = 'server' | 'client'

/** The endpoint types that runner has itself; no dropin may take one. */
export const BUILT_IN_ENDPOINT_TYPES: ReadonlySet<string> = new Set([
  'tcp',
  'tcp6',
  'ssl',
  'tls',
  'unix',
  'systemd',
  'fd',
  'udp',
  'udp6',
])

const PREFIX = /^[A-Za-z][A-Za-z0-9._+-]{0,63}$/

/** Why a text can't be the prefix of an endpoint type; `undefined` when it can. */
export function endpointTypeFault(prefix: unknown): string | undefined {
  if (typeof prefix !== 'string') return 'an endpoint type has no prefix'
  if (!PREFIX.test(prefix)) return `malformed prefix ${JSON.stringify(prefix)}`
  if (BUILT_IN_ENDPOINT_TYPES.has(prefix)) return `endpoint type ${prefix} is runner's own`
  return undefined
}

/** True for a value that has the shape of an endpoint type. */
export function isEndpointType(value: unknown): value is CachedEndpointType {
  if (typeof value !== 'object' || value === null) return false
  const type = value as Partial<CachedEndpointType>
  return (
    typeof type.prefix === 'string' &&
    typeof type.export === 'string' &&
    Array.isArray(type.kinds) &&
    type.kinds.length > 0 &&
    type.kinds.every((kind) => kind === 'server' || kind === 'client')
  )
}

/**
 * An endpoint type as somebody else declares it, and of that only what a dropin could
 * declare.
 *
 * @throws TypeError saying what no dropin could declare
 */
export function vettedEndpointType(type: CachedEndpointType): CachedEndpointType {
  const { prefix, kinds } = type
  const fault = endpointTypeFault(prefix)
  if (fault !== undefined) throw new TypeError(fault)
  return { prefix, kinds, export: type.export }
}
