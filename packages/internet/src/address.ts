import type { Socket } from 'node:net'

/**
 * One end of a connection, or where a server listens.
 *
 * @see Twisted's `IPv4Address` and `IPv6Address`
 */
export class Address {
  /** Always `TCP`. */
  readonly type = 'TCP'

  /** The IP address, not a name; empty if the connection was gone before it was looked at. */
  readonly host: string

  /** The port number; 0 if the connection was gone before it was looked at. */
  readonly port: number

  /**
   * @param host - an IP address
   * @param port - a port number
   */
  constructor(host: string, port: number) {
    this.host = host
    this.port = port
  }

  /** As Twisted writes it: `IPv4Address(TCP, '127.0.0.1', 58208)`. */
  toString(): string {
    return `${this.host.includes(':') ? 'IPv6' : 'IPv4'}Address(TCP, '${this.host}', ${this.port})`
  }
}

/** @internal */
export function peerOf(socket: Socket): Address {
  // A client may be gone again before it is looked at.
  return new Address(socket.remoteAddress ?? '', socket.remotePort ?? 0)
}

/** @internal */
export function hostOf(socket: Socket): Address {
  return new Address(socket.localAddress ?? '', socket.localPort ?? 0)
}
