import { checkClientString } from './check-client-string.ts'
import { checkServerString } from './check-server-string.ts'
import { clientPrefixes } from './client-place.ts'
import { datagramPlaceOf } from './datagram-place.ts'
import { splitEndpoint } from './endpoint-string.ts'
import type { EndpointKind } from './endpoint-types.ts'
import { serverPrefixes } from './server-place.ts'

/** What an endpoint string of an option may be for. @internal */
export type EndpointUse = EndpointKind | 'datagram' | 'socket'

/** Those of datagrams that no stream has. */
const OF_DATAGRAMS = ['udp', 'udp6']

/**
 * Says what is wrong with an endpoint string, without making anything of it.
 *
 * @returns its prefix where that is of none of the types known here: it may be a dropin's
 * @throws EndpointStringError
 *
 * @internal
 */
export function checkEndpointString(description: string, kind: EndpointUse): string | undefined {
  const isStream = kind === 'socket' && !OF_DATAGRAMS.includes(splitEndpoint(description).prefix)
  if (kind === 'server' || isStream) return checkServerString(description)
  if (kind === 'client') return checkClientString(description)
  datagramPlaceOf(description)
  return undefined
}

/** The prefixes that need no dropin. @internal */
export function ourPrefixes(kind: EndpointKind | 'socket'): readonly string[] {
  if (kind === 'socket') return [...serverPrefixes, ...OF_DATAGRAMS]
  return kind === 'server' ? serverPrefixes : clientPrefixes
}
