import type { Factory } from './factory.ts'
import type { Transport } from './transport.ts'

/**
 * What is said on one connection. A factory makes one for each; override the
 * events you need.
 *
 * An event that throws, or returns a promise that rejects, is logged and its
 * connection aborted; the others and the server live on.
 *
 * Events come one after another: `connectionMade` once, `dataReceived` any number
 * of times, `connectionLost` once. A promise that an event returns holds nothing
 * up: the next event may come before it resolves.
 *
 * @typeParam F - the class of the factory that makes it
 *
 * @see Twisted's `twisted.internet.protocol.Protocol`
 *
 * @example
 * import { Protocol, ServerFactory, TCPServer } from 'runnerd'
 *
 * class PoetryProtocol extends Protocol<PoetryFactory> {
 *   override connectionMade(): void {
 *     this.transport.write(this.factory.poem)
 *     this.transport.loseConnection()
 *   }
 * }
 *
 * class PoetryFactory extends ServerFactory {
 *   override protocol = PoetryProtocol
 *   poem = 'No man is an island'
 * }
 *
 * export const server = new TCPServer(10000, new PoetryFactory())
 */
export class Protocol<F extends Factory = Factory> {
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

  /** Some data has arrived, at least one byte; where it is cut means nothing. */
  dataReceived(_data: Buffer): void | Promise<void> {}

  /**
   * The connection is closed; the last event, and there is always one.
   *
   * @param _reason - why, if it was not closed in order: the socket's error, or what
   * an event threw
   */
  connectionLost(_reason?: Error): void | Promise<void> {}
}
