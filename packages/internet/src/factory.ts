import type { Address } from './address.ts'
import type { Protocol } from './protocol.ts'

/**
 * Makes a protocol for each connection, and holds what they share: what the
 * factories of servers and of clients have in common.
 *
 * @see Twisted's `twisted.internet.protocol.Factory`
 *
 * @example
 * import { Factory, Protocol, TCPServer } from 'runnerd'
 *
 * class Echo extends Protocol {
 *   override dataReceived(data: Buffer): void {
 *     this.transport.write(data)
 *   }
 * }
 *
 * class EchoFactory extends Factory {
 *   override protocol = Echo
 * }
 *
 * export const server = new TCPServer(7, new EchoFactory())
 */
export class Factory {
  /** The class that `buildProtocol` makes an instance of; needed unless that is overridden. */
  protocol: (new () => Protocol) | undefined

  #uses = 0

  /**
   * Makes the protocol for a connection with `address`; `undefined` refuses it: the
   * connection is aborted. An override that doesn't call `super` sets the protocol's
   * `factory` itself. If it throws, that is logged and the connection aborted.
   *
   * @throws TypeError if there is no `protocol`
   */
  buildProtocol(_address: Address): Protocol | undefined {
    if (this.protocol === undefined) {
      throw new TypeError(`${this.constructor.name} has no protocol`)
    }
    const protocol = new this.protocol()
    protocol.factory = this
    return protocol
  }

  /**
   * The first port of this factory is bound, or the first client of it begins to
   * connect. If it throws, the start of the port or the attempt fails with that.
   */
  startFactory(): void {}

  /** The last port of this factory is closed, and the last client. It may be started again. */
  stopFactory(): void {}

  /** A port is bound, or a client connects. @returns whether it is the first @internal */
  doStart(): boolean {
    if (this.#uses === 0) this.startFactory()
    this.#uses += 1
    return this.#uses === 1
  }

  /** One of those is closed. @returns whether it was the last @internal */
  doStop(): boolean {
    this.#uses -= 1
    if (this.#uses === 0) this.stopFactory()
    return this.#uses === 0
  }
}
