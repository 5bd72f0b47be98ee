import type { Address } from './address.ts'
import type { DatagramTransport } from './datagram-transport.ts'

/**
 * What is said by datagrams on one port. Override the events you need.
 *
 * An event that throws, or returns a promise that rejects, is logged; the port
 * lives on. Only a `startProtocol` that throws, or whose promise rejects, fails the
 * start.
 *
 * @see Twisted's `twisted.internet.protocol.DatagramProtocol`
 *
 * @example
 * import { type Address, DatagramProtocol, UDPServer } from 'runnerd'
 *
 * class Echo extends DatagramProtocol {
 *   override datagramReceived(data: Buffer, address: Address): void {
 *     this.transport.write(data, address)
 *   }
 * }
 *
 * export const server = new UDPServer(9999, new Echo())
 */
export class DatagramProtocol {
  /** The port. Set before `startProtocol`; what is written once it is closed is dropped. */
  declare transport: DatagramTransport

  /** Gives this protocol its port. Called by the port, before `startProtocol`. */
  makeConnection(transport: DatagramTransport): void {
    this.transport = transport
  }

  /** The port receives from now on: the place to set up state, and to send the first datagram. */
  startProtocol(): void | Promise<void> {}

  /** The port is closed. It may be started again. */
  stopProtocol(): void | Promise<void> {}

  /** A datagram has arrived, whole, from `address`. */
  datagramReceived(_data: Buffer, _address: Address): void | Promise<void> {}
}
