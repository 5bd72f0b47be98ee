import type { Socket } from 'node:net'
import type { Placed } from './draining.ts'

/**
 * One end of a connection, where a server listens, or where a datagram is from.
 *
 * @see Twisted's `IPv4Address` and `IPv6Address`
 */
export class Address {
  /** `TCP`, `UDP`, or `UNIX` for a {@link UNIXAddress}. */
  readonly type: 'TCP' | 'UDP' | 'UNIX'

  /** The IP address, not a name; empty if the connection was gone before it was looked at. */
  readonly host: string

  /** The port number; 0 if the connection was gone before it was looked at. */
  readonly port: number

  /**
   * @param host - an IP address
   * @param port - a port number
   * @param type - what it is an address of
   */
  constructor(host: string, port: number, type: 'TCP' | 'UDP' | 'UNIX' = 'TCP') {
    this.type = type
    this.host = host
    this.port = port
  }

  /** As Twisted writes it: `IPv4Address(TCP, '127.0.0.1', 58208)`. */
  toString(): string {
    const { type, host, port } = this
    return `${host.includes(':') ? 'IPv6' : 'IPv4'}Address(${type}, '${host}', ${port})`
  }
}

/** Who is at the other end of a UNIX socket, as the kernel tells. */
export interface UNIXCredentials {
  /** The process id; 0 for one that can't be seen from here. */
  readonly pid: number
  /** The user. */
  readonly uid: number
  /** The group. */
  readonly gid: number
}

/**
 * The address of a UNIX socket. Its `host` is empty and its `port` 0.
 *
 * @see Twisted's `UNIXAddress`
 *
 * @example
 * import { DatagramProtocol, UNIXAddress, UNIXDatagramServer } from 'runnerd'
 *
 * class Syslog extends DatagramProtocol {
 *   override startProtocol(): void {
 *     this.transport.write('<14>poetry: hello', new UNIXAddress('/dev/log'))
 *   }
 * }
 *
 * export const server = new UNIXDatagramServer('poetry.sock', new Syslog())
 */
export class UNIXAddress extends Address {
  /** The path of the socket; empty for a client, which has none. */
  readonly name: string

  /** Who has sent a datagram, on Linux; of anything else it is not there. */
  readonly credentials: UNIXCredentials | undefined

  /**
   * @param name - the path of a socket
   * @param credentials - who has it
   */
  constructor(name: string, credentials?: UNIXCredentials) {
    super('', 0, 'UNIX')
    this.name = name
    this.credentials = credentials
  }

  /** As Twisted writes it: `UNIXAddress('/run/poetry.sock')`. */
  override toString(): string {
    return `UNIXAddress('${this.name}')`
  }
}

/** @internal */
export function peerOf(socket: Socket, { local, peer }: Placed): Address {
  if (peer !== undefined) return peer
  if (local?.type === 'UNIX') return new UNIXAddress('')
  // A client may be gone again before it is looked at.
  return new Address(socket.remoteAddress ?? '', socket.remotePort ?? 0)
}

/** @internal */
export function hostOf(socket: Socket, { local }: Placed): Address {
  if (local?.type === 'UNIX') return local
  return new Address(socket.localAddress ?? '', socket.localPort ?? 0)
}
