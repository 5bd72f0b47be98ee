import { addressOf, bytesOf } from './addresses.ts'
import type { Destination, Where } from './request.ts'

const IPV4 = 1
const NAME = 3
const IPV6 = 4

/** Whether there is such a type of address (RFC 1928, section 4). */
export function isAddressType(type: number): boolean {
  return type === IPV4 || type === NAME || type === IPV6
}

/**
 * Reads an address, with its type before it and its port after it.
 *
 * @param at where the type is, a known one
 * @returns the destination, of which the name may be empty, and where it ends;
 *   `undefined` if there isn't all of it
 * @see RFC 1928, section 5
 */
export function readAddress(
  bytes: Buffer,
  at: number,
): { readonly destination: Destination; readonly end: number } | undefined {
  const type = bytes[at]
  const size = type === IPV4 ? 4 : type === IPV6 ? 16 : bytes[at + 1]
  if (size === undefined) return undefined
  // Before a name its length is said.
  const from = type === NAME ? at + 2 : at + 1
  const to = from + size
  if (bytes.length < to + 2) return undefined
  const host =
    type === NAME ? bytes.toString('utf8', from, to) : addressOf(bytes.subarray(from, to))
  return { destination: { host, port: bytes.readUInt16BE(to) }, end: to + 2 }
}

/** Some zeros, an address with its type before it and its port after it, and more zeros. */
export function withAddress(before: number, { address, port }: Where, after: number): Buffer {
  const host = bytesOf(address)
  const bytes = Buffer.alloc(before + 1 + host.length + 2 + after)
  bytes[before] = host.length === 4 ? IPV4 : IPV6
  bytes.set(host, before + 1)
  bytes.writeUInt16BE(port, before + 1 + host.length)
  return bytes
}
