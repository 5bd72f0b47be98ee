import type { Address } from './address.ts'
import type { Protocol } from './protocol.ts'

/**
 * Makes a protocol for each connection, and holds what they share. One factory
 * may serve several ports.
 *
 * @see Twisted's `twisted.internet.protocol.ServerFactory`
 *
 * @example
 * class PoetryFactory extends ServerFactory {
 *   override protocol = PoetryProtocol
 *   poem = 'No man is an island'
 * }
 */
export class ServerFactory {
  /** The class that `buildProtocol` makes an instance of. */
  protocol: (new () => Protocol) | undefined

  #ports = 0

  /**
   * Makes the protocol for a connection from `address`; `undefined` refuses it.
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

  /** The first port of this factory is bound. */
  startFactory(): void {}

  /** The last port of this factory is closed. */
  stopFactory(): void {}

  /** A port is bound. @returns whether it is the first @internal */
  doStart(): boolean {
    if (this.#ports === 0) this.startFactory()
    this.#ports += 1
    return this.#ports === 1
  }

  /** A port is closed. @returns whether it was the last @internal */
  doStop(): boolean {
    this.#ports -= 1
    if (this.#ports === 0) this.stopFactory()
    return this.#ports === 0
  }
}
