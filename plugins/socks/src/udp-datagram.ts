import type { Destination, Where } from './request.ts'
import { isAddressType, readAddress, withAddress } from './socks5-address.ts'

/** What a client sends to somebody, by the proxy. */
export interface ClientDatagram {
  readonly destination: Destination
  readonly data: Buffer
}

/** Where the address begins: after two zeros and the number of the fragment. */
const ADDRESS = 3

/**
 * Takes the header off a client's datagram, RFC 1928, section 7.
 *
 * @returns `undefined` for a fragment, which may be dropped, and for garbage
 */
export function readDatagram(bytes: Buffer): ClientDatagram | undefined {
  const type = bytes[ADDRESS]
  if (type === undefined || !isAddressType(type)) return undefined
  if (bytes.readUInt16BE() !== 0 || bytes[2] !== 0) return undefined
  const found = readAddress(bytes, ADDRESS)
  if (found === undefined || found.destination.host === '') return undefined
  return { destination: found.destination, data: bytes.subarray(found.end) }
}

/** Puts the header before a datagram for the client: who it is from. */
export function writeDatagram(from: Where, data: Buffer): Buffer {
  const bytes = withAddress(ADDRESS, from, data.length)
  bytes.set(data, bytes.length - data.length)
  return bytes
}
