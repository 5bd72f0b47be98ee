import { EndpointArguments } from './endpoint-arguments.ts'
import { type EndpointWords, splitEndpoint } from './endpoint-string.ts'
import { type InheritedPlace, serverPlaceOf, unknownType } from './server-place.ts'

/** Where an endpoint string says to receive datagrams. @internal */
export type DatagramPlace =
  | { readonly kind: 'udp'; readonly interface: string; readonly port: number }
  | InheritedPlace

/** The types there are; no dropin can add to them. @internal */
export const datagramPrefixes: readonly string[] = ['udp', 'udp6', 'systemd', 'fd']

/**
 * What an endpoint string for datagrams says.
 *
 * @throws EndpointStringError
 *
 * @internal
 */
export function datagramPlaceOf(description: string): DatagramPlace {
  const words = splitEndpoint(description)
  const { prefix } = words
  if (prefix === 'udp' || prefix === 'udp6') return udp(description, words)
  if (prefix === 'systemd' || prefix === 'fd') {
    return serverPlaceOf(description, words) as InheritedPlace
  }
  throw unknownType(description, prefix, datagramPrefixes)
}

function udp(description: string, words: EndpointWords): DatagramPlace {
  const args = new EndpointArguments(description, ['port', 'interface'], words)
  const name = words.prefix === 'udp6' ? args.interface6() : (args.text('interface') ?? '')
  return { kind: 'udp', port: args.port(), interface: name }
}
