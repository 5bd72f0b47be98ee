import type { Socket } from 'node:dgram'
import type { Address } from './address.ts'

/**
 * A datagram protocol's port. Nothing here throws because the port is closed.
 *
 * @see Twisted's `twisted.internet.interfaces.IUDPTransport`
 */
export interface DatagramTransport {
  /** Node's socket, for what this class has no word for: broadcast, multicast. */
  readonly socket: Socket

  /**
   * Sends a datagram; a string as UTF-8. It may get lost, as any; what the system
   * refuses to send is logged.
   *
   * @param address - to whom: such as `datagramReceived` gets
   */
  write(data: string | Uint8Array, address: Pick<Address, 'host' | 'port'>): void

  /** Where it is bound, with the real number of port 0. */
  getHost(): Address
}
