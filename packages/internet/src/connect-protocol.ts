import { Factory } from './factory.ts'
import type { IStreamClientEndpoint } from './i-client-endpoint.ts'
import type { Protocol } from './protocol.ts'

/**
 * Connects a protocol that is there already. It is for one connection: another one
 * needs another protocol.
 *
 * @param endpoint - where to connect
 * @param protocol - gets the connection, and a `factory` of its own
 * @param signal - as that of {@link IStreamClientEndpoint.connect}
 * @returns the protocol, connected
 * @throws what {@link IStreamClientEndpoint.connect} throws
 *
 * @see Twisted's `twisted.internet.endpoints.connectProtocol`
 *
 * @example
 * import { clientFromString, connectProtocol, Protocol } from 'runnerd'
 *
 * class Printer extends Protocol {
 *   override dataReceived(data: Buffer): void {
 *     process.stdout.write(data)
 *   }
 * }
 *
 * await connectProtocol(clientFromString('tcp:localhost:10000'), new Printer())
 */
export async function connectProtocol<P extends Protocol>(
  endpoint: IStreamClientEndpoint,
  protocol: P,
  signal?: AbortSignal,
): Promise<P> {
  await endpoint.connect(new OneProtocolFactory(protocol), signal)
  return protocol
}

/** Builds the protocol that it was given. */
class OneProtocolFactory extends Factory {
  readonly #protocol: Protocol

  constructor(protocol: Protocol) {
    super()
    this.#protocol = protocol
  }

  override buildProtocol(): Protocol {
    this.#protocol.factory = this
    return this.#protocol
  }

  override doStart(): boolean {
    super.doStart()
    // There is nothing in it that an operator would look for in the log.
    return false
  }

  override doStop(): boolean {
    super.doStop()
    return false
  }
}
