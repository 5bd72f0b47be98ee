import { isIP, type Socket } from 'node:net'

/** Who is at the other end. */
export interface Peer {
  /** The address, for counting; `''` for a UNIX socket. */
  readonly address: string
  /** For people: `127.0.0.1:40312`. */
  readonly name: string
}

export function peerOf({ remoteAddress, remotePort }: Socket): Peer {
  if (remoteAddress === undefined) return { address: '', name: 'a UNIX socket' }
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  const host = isIP(address) === 6 ? `[${address}]` : address
  return { address, name: `${host}:${remotePort}` }
}
