import { checkClientString } from './check-client-string.ts'
import { checkServerString } from './check-server-string.ts'
import { clientPrefixes } from './client-place.ts'
import { datagramPlaceOf } from './datagram-place.ts'
import type { EndpointKind } from './endpoint-types.ts'
import { serverPrefixes } from './server-place.ts'

/**
 * Says what is wrong with an endpoint string, without making anything of it.
 *
 * @returns its prefix where that is of none of the types known here: it may be a dropin's
 * @throws EndpointStringError
 *
 * @internal
 */
export function checkEndpointString(
  description: string,
  kind: EndpointKind | 'datagram',
): string | undefined {
  if (kind === 'server') return checkServerString(description)
  if (kind === 'client') return checkClientString(description)
  datagramPlaceOf(description)
  return undefined
}

/** The prefixes that need no dropin. @internal */
export function ourPrefixes(kind: EndpointKind): readonly string[] {
  return kind === 'server' ? serverPrefixes : clientPrefixes
}
