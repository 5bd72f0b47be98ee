import type { Socket } from 'node:net'
import type { ConnectionListener } from './accept.ts'
import type { Factory } from './factory.ts'

/**
 * What a client is for: a factory, of which each connection gets a protocol, or a
 * function of a socket.
 */
export type ClientServed = Factory | ConnectionListener

/**
 * What a connection is to who asked for it: the protocol that the factory built, or
 * the socket if a function serves it.
 *
 * @typeParam S - what serves it
 */
export type Connected<S extends ClientServed> = S extends Factory
  ? NonNullable<S['protocol']> extends new () => infer P
    ? P
    : never
  : Socket

/**
 * Somewhere to connect to. {@link clientFromString} makes one; a third party may make
 * others, best as a {@link StreamClientEndpoint}, and should give them a `toString` for
 * the log.
 *
 * @see Twisted's `twisted.internet.interfaces.IStreamClientEndpoint`
 *
 * @example
 * import { clientFromString } from 'runnerd'
 *
 * const socket = await clientFromString('tcp:localhost:10000').connect(() => {})
 * for await (const data of socket) process.stdout.write(data)
 */
export interface IStreamClientEndpoint {
  /**
   * Connects, once: each call is a connection of its own.
   *
   * A factory's `startFactory` is called before, if nothing else uses it, and its
   * `buildProtocol` when the connection is made. A function is called with the socket
   * and a context, as that of a `TCPServer` is.
   *
   * @param served - what serves the connection
   * @param signal - aborted before the connection is made, the attempt is given up;
   * after that it closes nothing, and is the connection's `draining`
   * @returns the protocol, when its `connectionMade` has returned; or the socket
   * @throws {@link ConnectError}; {@link CancelledError} if the signal was aborted; an
   * error with code `ERR_NO_PROTOCOL` if `buildProtocol` refused it; or what the factory,
   * `connectionMade` or the function threw
   */
  connect<S extends ClientServed>(served: S, signal?: AbortSignal): Promise<Connected<S>>
}
