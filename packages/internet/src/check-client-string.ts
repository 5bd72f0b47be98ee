import { clientPlaceOf, clientPrefixes } from './client-place.ts'
import { isPrefix, splitEndpoint } from './endpoint-string.ts'
import { isTypeKnown } from './endpoint-types.ts'
import { unknownType } from './server-place.ts'

/**
 * Says what is wrong with an endpoint string of a client, without making anything of it.
 *
 * @returns its prefix, or that of the one in it, where that is of none of the types known
 * here: it may be a dropin's
 * @throws EndpointStringError
 *
 * @internal
 */
export function checkClientString(description: string): string | undefined {
  const words = splitEndpoint(description)
  const place = clientPlaceOf(description, words)
  if (place === undefined) {
    if (isTypeKnown(words.prefix, 'client')) return undefined
    if (!isPrefix(words.prefix)) throw unknownType(description, words.prefix, clientPrefixes)
    return words.prefix
  }
  if (place.kind !== 'tls' || typeof place.below !== 'string') return undefined
  return checkClientString(place.below)
}
