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

/**
 * An endpoint type of a third party for clients, as a dropin exports it: what {@link
 * clientFromString} gives the strings to that begin with its `prefix`. One object may be
 * an {@link IStreamServerEndpointStringParser} too; what holds of that holds of this.
 *
 * @see Twisted's `twisted.internet.interfaces.IStreamClientEndpointStringParserWithReactor`
 *
 * @example
 * import { clientFromString, type IStreamClientEndpointStringParser } from 'runnerd'
 *
 * // loop:8080 for tcp:127.0.0.1:8080
 * export const loop: IStreamClientEndpointStringParser = {
 *   prefix: 'loop',
 *   parseStreamClient: ([port]) => clientFromString(`tcp:127.0.0.1:${port}`),
 * }
 */
export interface IStreamClientEndpointStringParser {
  /** What a string of this type begins with, before its first colon. */
  readonly prefix: string

  /**
   * Makes the endpoint of one string.
   *
   * @param args - its words without a name, in order and without their escapes
   * @param keywords - those with one
   * @throws {@link UsageError} if they are not right: the operator's line
   */
  parseStreamClient(
    args: readonly string[],
    keywords: Readonly<Record<string, string>>,
  ): IStreamClientEndpoint
}
