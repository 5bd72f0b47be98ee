import type { IConnector } from './connector.ts'
import { Factory } from './factory.ts'

/**
 * A factory that is told how its connections fare: what a `TCPClient`, a `TLSClient` or
 * a `UNIXClient` has. Override what you need. What an override throws, or its promise
 * rejects with, is logged.
 *
 * A `ClientService` needs no such factory, and calls none of these: it connects again
 * by itself, and tells by promises.
 *
 * @see Twisted's `twisted.internet.protocol.ClientFactory`
 *
 * @example
 * import { ClientFactory, type IConnector, log, Protocol, TCPClient } from 'runnerd'
 *
 * class Printer extends Protocol {
 *   override dataReceived(data: Buffer): void {
 *     log.msg(String(data))
 *   }
 * }
 *
 * class PrinterFactory extends ClientFactory {
 *   override protocol = Printer
 *
 *   override clientConnectionLost(connector: IConnector): void {
 *     connector.connect()
 *   }
 * }
 *
 * export const client = new TCPClient('localhost', 10000, new PrinterFactory())
 */
export class ClientFactory extends Factory {
  /** An attempt begins. `connector.disconnect()` gives it up. */
  startedConnecting(_connector: IConnector): void | Promise<void> {}

  /**
   * An attempt has failed. It has been logged; `connector.connect()` tries again.
   *
   * @param _reason - {@link ConnectError}, {@link CancelledError} after a stop, or what
   * `buildProtocol` threw
   */
  clientConnectionFailed(_connector: IConnector, _reason: unknown): void | Promise<void> {}

  /**
   * The connection is closed, and its protocol knows. `connector.connect()` makes
   * another one.
   *
   * @param _reason - why, if it was not closed in order
   */
  clientConnectionLost(_connector: IConnector, _reason?: Error): void | Promise<void> {}
}
