import type { ConnectionCounts } from '@runnerd/service'
import type { ConnectionListener } from './accept.ts'
import type { Address } from './address.ts'
import type { Factory } from './factory.ts'

/** What every server of streams may be told. */
export interface StreamServerOptions {
  /** How many seconds a stop waits for clients that don't read. Default 0.5. */
  readonly closeTimeout?: number | undefined

  /**
   * How many connections there may be at a time; more are closed at once, and the log
   * says how many. Default 0: as many as the system has room for. Each worker counts
   * its own, and so do the two processes of a reload.
   */
  readonly maxConnections?: number | undefined

  /**
   * After how many seconds without a byte in either direction a connection is closed.
   * Default 0: never.
   */
  readonly timeout?: number | undefined

  /**
   * What clients with TLS may ask to speak, the best first (ALPN, RFC 7301): one that asks
   * for something else only is refused, one that asks for nothing isn't. Default: whatever
   * they ask for goes unanswered. An `HTTPServer` says its own.
   */
  readonly acceptableProtocols?: readonly string[] | undefined
}

/**
 * A port that a server has: bound, and listening once it was told to.
 *
 * @see Twisted's `twisted.internet.interfaces.IListeningPort`
 */
export interface IListeningPort {
  /**
   * Accepts connections from now on. Called again it does nothing.
   *
   * @throws {@link CannotListenError}
   */
  startListening(): Promise<void>

  /**
   * Accepts no more connections, closes those there are when what was written to them
   * has been sent, at the latest after `closeTimeout`, and forgets the port. The factory's
   * `stopFactory` is called then, if it has no other port. Called again it only waits.
   *
   * @throws what `stopFactory` throws
   */
  stopListening(): Promise<void>

  /** Where it is, with the real number of port 0. */
  getHost(): Address

  /**
   * Accepts no more connections, and resolves when those there are have ended. Called
   * before `stopListening`, which is called in any case; called again it waits as well.
   */
  drain?(): Promise<void>

  /** How many connections there are, and were. */
  readonly connections?: ConnectionCounts
}

/**
 * Somewhere to listen, that has not been bound yet. {@link serverFromString} makes
 * one; a third party may make others, and give them a prefix of their own by an
 * {@link IStreamServerEndpointStringParser}.
 *
 * @see Twisted's `twisted.internet.interfaces.IStreamServerEndpoint`
 *
 * @example
 * import { serverFromString } from 'runnerd'
 *
 * const endpoint = serverFromString('tcp:0:interface=127.0.0.1')
 * const port = await endpoint.listen((socket) => socket.end('hello\n'))
 * console.log(String(port.getHost()))
 * await port.stopListening()
 */
export interface IStreamServerEndpoint {
  /**
   * Binds, and listens: each call a port of its own.
   *
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - limits and the like
   * @throws {@link CannotListenError}, or what the factory's `startFactory` throws
   */
  listen(
    served: Factory | ConnectionListener,
    options?: StreamServerOptions,
  ): Promise<IListeningPort>

  /**
   * Binds, and accepts nobody before `startListening` is called: so a service can be
   * bound as root, and listen when its whole tree has started. What has no such
   * method listens from the start.
   */
  bind?(
    served: Factory | ConnectionListener,
    options?: StreamServerOptions,
  ): Promise<IListeningPort>
}

/**
 * An endpoint type of a third party, as a dropin exports it: what {@link
 * serverFromString} gives the strings to that begin with its `prefix`. Only that dropin
 * is loaded then, and at no other time.
 *
 * @see Twisted's `twisted.internet.interfaces.IStreamServerEndpointStringParser`
 *
 * @example
 * import { type IStreamServerEndpointStringParser, serverFromString } from 'runnerd'
 *
 * // loop:8080 for tcp:8080:interface=127.0.0.1
 * export const loop: IStreamServerEndpointStringParser = {
 *   prefix: 'loop',
 *   parseStreamServer: ([port]) => serverFromString(`tcp:${port}:interface=127.0.0.1`),
 * }
 */
export interface IStreamServerEndpointStringParser {
  /** What a string of this type begins with, before its first colon. */
  readonly prefix: string

  /**
   * Makes the endpoint of one string.
   *
   * @param args - its words without a name, in order and without their escapes
   * @param keywords - those with one
   * @throws {@link UsageError} if they are not right: the operator's line
   */
  parseStreamServer(
    args: readonly string[],
    keywords: Readonly<Record<string, string>>,
  ): IStreamServerEndpoint
}
