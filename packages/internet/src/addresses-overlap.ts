import { BlockList, isIPv6 } from 'node:net'

/** Whether two sockets can't listen on one port with these addresses. @internal */
export function addressesOverlap(one: string, other: string): boolean {
  return isWildcardFor(one, other) || isWildcardFor(other, one) || isSame(one, other)
}

function isWildcardFor(wildcard: string, address: string): boolean {
  // '::' takes IPv4 too; '0.0.0.0' does not take '::1'.
  return wildcard === '::' || (wildcard === '0.0.0.0' && (!isIPv6(address) || address === '::'))
}

/** Compares the addresses and not their spelling. */
function isSame(one: string, other: string): boolean {
  const list = new BlockList()
  list.addAddress(one, isIPv6(one) ? 'ipv6' : 'ipv4')
  return list.check(other, isIPv6(other) ? 'ipv6' : 'ipv4')
}
