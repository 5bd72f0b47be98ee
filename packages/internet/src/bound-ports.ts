import type { AddressInfo } from 'node:net'
import { addressesOverlap } from './addresses-overlap.ts'

const bound = new Set<AddressInfo>()

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
export function rememberBound(info: AddressInfo): () => void {
  bound.add(info)
  return () => {
    bound.delete(info)
  }
}

/** @internal */
export function isBound(address: string, port: number): boolean {
  return boundAddress(address, port) !== undefined
}

/** The address that is bound here, so that this one can't be. @internal */
export function boundAddress(address: string, port: number): string | undefined {
  for (const each of bound) {
    if (each.port === port && addressesOverlap(each.address, address)) return each.address
  }
  return undefined
}
