import { acceptorOf, type ConnectionListener } from './accept.ts'
import type { Factory } from './factory.ts'
import type { IListeningPort, IStreamServerEndpoint, StreamServerOptions } from './i-endpoint.ts'
import { ListeningService } from './listening-service.ts'
import { checkLimits } from './port-limits.ts'
import { StreamEndpoint } from './stream-endpoint.ts'

/**
 * A service that listens on an endpoint while it runs: what `TCPServer` is on a port.
 *
 * `privilegedStartService` binds it, and connections are refused; `startService` binds
 * it if that was not done, and has it accept connections when the whole tree has
 * started, so that a start which fails later has taken nobody's connection. Starting
 * what is started does nothing.
 *
 * `stopService` accepts no more connections, closes those there are as soon as what
 * was written to them has been sent, and after `closeTimeout` in any case; then it has
 * forgotten the port and can be started again. It may be called at any time.
 *
 * @throws {@link CannotListenError} from either half of the start if the endpoint can't
 * be had, or what the factory's `startFactory` throws
 *
 * @see Twisted's `twisted.application.internet.StreamServerEndpointService`
 *
 * @example
 * import {
 *   type ConnectionListener,
 *   MultiService,
 *   StreamServerEndpointService,
 *   serverFromString,
 * } from 'runnerd'
 *
 * const top = new MultiService()
 * const endpoint = serverFromString('unix:hello.sock:mode=660')
 * const greet: ConnectionListener = (socket) => socket.end('hello\n')
 * new StreamServerEndpointService(endpoint, greet, { timeout: 60 }).setServiceParent(top)
 */
export class StreamServerEndpointService extends ListeningService<IListeningPort> {
  /**
   * @param endpoint - where to listen
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - limits and the like
   * @throws TypeError if `endpoint` is none, such as a string, or `served` neither a
   * factory nor a function; RangeError if a limit is negative
   */
  constructor(
    endpoint: IStreamServerEndpoint,
    served: Factory | ConnectionListener,
    options: StreamServerOptions = {},
  ) {
    const acceptor = acceptorOf(served, new.target.name || 'StreamServerEndpointService')
    checkLimits(options)
    if (typeof endpoint?.listen !== 'function') {
      throw new TypeError('The endpoint has no listen: serverFromString makes one of a string')
    }
    // One of ours knows what a function is to be called in the log.
    const given = endpoint instanceof StreamEndpoint ? (acceptor as never) : served
    const place = endpoint instanceof StreamEndpoint ? endpoint.place : undefined
    super(() => endpoint.bind?.(given, options) ?? endpoint.listen(given, options), place)
  }
}
