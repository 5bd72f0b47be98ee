import { ConnectingService } from './connecting-service.ts'
import type { ClientEndpointOptions } from './hostname-endpoint.ts'
import type { ClientServed } from './i-client-endpoint.ts'
import { UNIXClientEndpoint } from './unix-client-endpoint.ts'

/** How a `UNIXClient` connects. */
export interface UNIXClientOptions extends ClientEndpointOptions {
  /** How many seconds a stop waits for a server that doesn't read. Default 0.5. */
  readonly closeTimeout?: number | undefined
}

/**
 * A {@link TCPClient} for a UNIX socket. Protocols get a {@link UNIXAddress}.
 *
 * @see Twisted's `twisted.application.internet.UNIXClient`
 *
 * @example
 * import { MultiService, UNIXClient } from 'runnerd'
 *
 * const top = new MultiService()
 * new UNIXClient('poetry.sock', (socket) => socket.pipe(process.stdout)).setServiceParent(top)
 */
export class UNIXClient extends ConnectingService {
  /**
   * @param path - meant from the directory that the service runs in; on Linux one that
   * begins with `\0` is an abstract name, which is no file
   * @param served - what serves the connection: a factory, or a function of a socket
   * @param options - how it connects
   * @throws TypeError if the path is no text or empty, or `served` neither a factory nor
   * a function; RangeError if a timeout is no number of seconds
   */
  constructor(path: string, served: ClientServed, options: UNIXClientOptions = {}) {
    super(new UNIXClientEndpoint(path, options), served, 'UNIXClient', options.closeTimeout)
  }
}
