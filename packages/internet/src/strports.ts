import type { ConnectionListener } from './accept.ts'
import type { Factory } from './factory.ts'
import type { IListeningPort, StreamServerOptions } from './i-endpoint.ts'
import { serverFromString } from './server-from-string.ts'
import { StreamServerEndpointService } from './stream-server-endpoint-service.ts'

/** The functions of {@link strports}. @inline */
export interface Strports {
  /**
   * Makes a service that listens as an endpoint string says.
   *
   * @param description - as {@link serverFromString} takes it
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - limits and the like
   * @throws what `serverFromString` and {@link StreamServerEndpointService} throw
   */
  service(
    description: string,
    served: Factory | ConnectionListener,
    options?: StreamServerOptions,
  ): StreamServerEndpointService

  /**
   * Listens at once, without a service.
   *
   * @param description - as {@link serverFromString} takes it
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - limits and the like
   * @throws what `serverFromString` throws, and {@link CannotListenError}
   */
  listen(
    description: string,
    served: Factory | ConnectionListener,
    options?: StreamServerOptions,
  ): Promise<IListeningPort>
}

/**
 * Listening by endpoint strings.
 *
 * @see Twisted's `twisted.application.strports`
 *
 * @example
 * import { MultiService, strports } from 'runnerd'
 *
 * const top = new MultiService()
 * strports.service('tcp:7000', (socket) => socket.end('hello\n')).setServiceParent(top)
 */
export const strports: Strports = {
  service: (description, served, options) =>
    new StreamServerEndpointService(serverFromString(description), served, options),
  listen: async (description, served, options) =>
    await serverFromString(description).listen(served, options),
}
