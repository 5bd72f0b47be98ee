import { checkClientString } from './check-client-string.ts'
import { checkServerString } from './check-server-string.ts'
import { clientPrefixes } from './client-place.ts'
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
export function checkEndpointString(description: string, kind: EndpointKind): string | undefined {
  return kind === 'server' ? checkServerString(description) : checkClientString(description)
}

/** The prefixes that need no dropin. @internal */
export function ourPrefixes(kind: EndpointKind): readonly string[] {
  return kind === 'server' ? serverPrefixes : clientPrefixes
}
