import { type AddressInfo, isIPv4 } from 'node:net'
import { addressesOverlap } from './addresses-overlap.ts'

interface BoundAddress {
  readonly address: string
  readonly port: number
  readonly ipv6Only: boolean
}

const bound = new Set<BoundAddress>()

/**
 * Remembers that this process has bound an address and does not listen yet. On
 * Linux a second bind succeeds until one of the two sockets listens, so a tree
 * with the same port twice would be found out only when it has started, when
 * the first of them takes connections already.
 *
 * @returns a function that forgets it
 *
 * @internal
 */
export function rememberBound({ address, port }: AddressInfo, ipv6Only = false): () => void {
  const entry = { address, port, ipv6Only }
  bound.add(entry)
  return () => {
    bound.delete(entry)
  }
}

/** @internal */
export function isBound(address: string, port: number, ipv6Only: boolean): boolean {
  return boundAddress(address, port, ipv6Only) !== undefined
}

/** The address that is bound here, so that this one can't be. @internal */
export function boundAddress(address: string, port: number, ipv6Only = false): string | undefined {
  for (const each of bound) {
    if (each.port !== port) continue
    if ((each.ipv6Only && isIPv4(address)) || (ipv6Only && isIPv4(each.address))) continue
    if (addressesOverlap(each.address, address)) return each.address
  }
  return undefined
}
