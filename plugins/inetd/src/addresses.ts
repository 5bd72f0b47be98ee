import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Entry, EntryProtocol } from './entry.ts'

/** An address to listen on. */
export interface Place {
  readonly address: string
  /** Of `::`, which takes IPv4 too otherwise. */
  readonly ipv6Only: boolean
}

/** An address or a name that means none here. */
export class NoAddressError extends Error {}

/**
 * The addresses that an entry listens on. Without a number a protocol has both families,
 * each with a socket of its own: programs see no IPv4 address in the form of IPv6.
 *
 * @throws NoAddressError
 */
export async function addressesOf({ hosts, protocol }: Entry): Promise<Place[]> {
  const places = await Promise.all(hosts.map((host) => placesOf(host, protocol)))
  return places.flat()
}

async function placesOf(host: string, protocol: EntryProtocol): Promise<Place[]> {
  if (host === '*') return everywhere(protocol)
  const families = familiesOf(protocol)
  const found = isIP(host) ? [host] : await addressesNamed(host)
  const fit = found.filter((each) => families.includes(isIP(each)))
  if (fit.length === 0) throw new NoAddressError(`${host} has no address for ${protocol}`)
  return fit.map((address) => ({ address, ipv6Only: address.includes(':') && !isBoth(protocol) }))
}

function everywhere(protocol: EntryProtocol): Place[] {
  if (isBoth(protocol)) return [{ address: '::', ipv6Only: false }]
  const families = familiesOf(protocol)
  return [
    ...(families.includes(4) ? [{ address: '0.0.0.0', ipv6Only: false }] : []),
    ...(families.includes(6) ? [{ address: '::', ipv6Only: true }] : []),
  ]
}

function isBoth(protocol: EntryProtocol): boolean {
  return protocol.endsWith('46')
}

function familiesOf(protocol: EntryProtocol): number[] {
  if (isBoth(protocol)) return [4, 6]
  if (/[46]$/.test(protocol)) return [Number(protocol.at(-1))]
  return hasIPv6() ? [4, 6] : [4]
}

/** A machine may have none, and then nothing can be bound to it. */
function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((each) =>
    each?.some(({ family }) => family === 'IPv6'),
  )
}

async function addressesNamed(name: string): Promise<string[]> {
  try {
    const found = await lookup(name, { all: true })
    return [...new Set(found.map(({ address }) => address))]
  } catch {
    throw new NoAddressError(`there is no host ${name}`)
  }
}
