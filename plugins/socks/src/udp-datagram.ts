import { addressOf } from './addresses.ts'
import type { Destination, Where } from './request.ts'
import { withAddress } from './socks5.ts'

/** What a client sends to somebody, by the proxy. */
export interface ClientDatagram {
  readonly destination: Destination
  readonly data: Buffer
}

/**
 * Takes the header off a client's datagram, RFC 1928, section 7.
 *
 * @returns `undefined` for a fragment, which may be dropped, and for garbage
 */
export function readDatagram(bytes: Buffer): ClientDatagram | undefined {
  // Two bytes of nothing, the number of the fragment, the type, and what it takes.
  if (bytes.length < 5 || bytes.readUInt16BE() !== 0 || bytes[2] !== 0) return undefined
  const type = bytes[3]
  const start = type === 3 ? 5 : 4
  const size = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? (bytes[4] ?? 0) : 0
  const end = start + size
  if (size === 0 || bytes.length < end + 2) return undefined
  const host = bytes.subarray(start, end)
  return {
    destination: {
      host: type === 3 ? String(host) : addressOf(host),
      port: bytes.readUInt16BE(end),
    },
    data: bytes.subarray(end + 2),
  }
}

/** Puts the header before a datagram for the client: who it is from. */
export function writeDatagram(from: Where, data: Buffer): Buffer {
  const bytes = withAddress(3, from, data.length)
  bytes.set(data, bytes.length - data.length)
  return bytes
}
