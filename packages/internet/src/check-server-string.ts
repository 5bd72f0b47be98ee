import { isPrefix, splitEndpoint } from './endpoint-string.ts'
import { isTypeKnown } from './endpoint-types.ts'
import { serverPlaceOf, serverPrefixes, unknownType } from './server-place.ts'

/**
 * Says what is wrong with an endpoint string of a server, without making anything of it.
 *
 * @returns its prefix where that is of none of the types known here: it may be a dropin's
 * @throws EndpointStringError
 *
 * @internal
 */
export function checkServerString(description: string): string | undefined {
  const words = splitEndpoint(description)
  if (serverPlaceOf(description, words) !== undefined) return undefined
  if (isTypeKnown(words.prefix, 'server')) return undefined
  if (!isPrefix(words.prefix)) throw unknownType(description, words.prefix, serverPrefixes)
  return words.prefix
}
