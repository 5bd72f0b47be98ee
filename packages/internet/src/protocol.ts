import type { ServerFactory } from './server-factory.ts'
import type { Transport } from './transport.ts'

/**
 * What is said on one connection. A factory makes one for each; override the
 * events you need.
 *
 * An event that throws, or returns a promise that rejects, is logged and its
 * connection aborted; the others and the server live on.
 *
 * @see Twisted's `twisted.internet.protocol.Protocol`
 *
 * @example
 * class PoetryProtocol extends Protocol<PoetryFactory> {
 *   override connectionMade(): void {
 *     this.transport.write(this.factory.poem)
 *     this.transport.loseConnection()
 *   }
 * }
 */
export class Protocol<F extends ServerFactory = ServerFactory> {
  /** The factory that made this. Set before `connectionMade`. */
  declare factory: F

  /** The connection. Set before `connectionMade`. */
  declare transport: Transport

  /** Gives this protocol its connection, and says so. Called once. */
  makeConnection(transport: Transport): void | Promise<void> {
    this.transport = transport
    return this.connectionMade()
  }

  /** The connection has been made: the place to greet, and to set up state. */
  connectionMade(): void | Promise<void> {}

  /** Some data has arrived; where it is cut means nothing. */
  dataReceived(_data: Buffer): void | Promise<void> {}

  /**
   * The connection is closed; the last event. `reason` is there if it was not
   * closed in order.
   */
  connectionLost(_reason?: Error): void | Promise<void> {}
}
