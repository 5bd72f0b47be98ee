import type { Address } from './address.ts'
import type { Protocol } from './protocol.ts'

/**
 * Makes a protocol for each connection, and holds what they share. One factory
 * may serve several ports.
 *
 * @see Twisted's `twisted.internet.protocol.ServerFactory`
 *
 * @example
 * import { type Address, Protocol, ServerFactory } from 'runnerd'
 *
 * class EchoProtocol extends Protocol {
 *   override dataReceived(data: Buffer): void {
 *     this.transport.write(data)
 *   }
 * }
 *
 * export class LocalEchoFactory extends ServerFactory {
 *   override protocol = EchoProtocol
 *
 *   override buildProtocol(address: Address): Protocol | undefined {
 *     return address.host === '127.0.0.1' ? super.buildProtocol(address) : undefined
 *   }
 * }
 */
export class ServerFactory {
  /** The class that `buildProtocol` makes an instance of; needed unless that is overridden. */
  protocol: (new () => Protocol) | undefined

  #ports = 0

  /**
   * Makes the protocol for a connection from `address`; `undefined` refuses it: the
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

  /** The first port of this factory is bound. If it throws, the start fails with that. */
  startFactory(): void {}

  /** The last port of this factory is closed. It may be started again. */
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
