import { ConnectingService } from './connecting-service.ts'
import { HostnameEndpoint, type HostnameEndpointOptions } from './hostname-endpoint.ts'
import type { ClientServed } from './i-client-endpoint.ts'

/** How a `TCPClient` connects. */
export interface TCPClientOptions extends HostnameEndpointOptions {
  /** How many seconds a stop waits for a server that doesn't read. Default 0.5. */
  readonly closeTimeout?: number | undefined
}

/**
 * A service that connects to a TCP port when it is started: once, and a connection
 * that fails or is lost is not made again, unless its {@link ClientFactory} says so. A
 * {@link ClientService} makes it again, and is what most programs want.
 *
 * `startService` does not wait for the connection. A failure is logged and told to the
 * factory. `stopService` gives up the attempt; or tells the connection by its signal
 * `draining`, sends what was written, closes it, within `closeTimeout`, and resolves
 * when it is closed. It may be called at any time. Starting what is started does
 * nothing.
 *
 * @see Twisted's `twisted.application.internet.TCPClient`
 *
 * @example
 * import { MultiService, TCPClient } from 'runnerd'
 *
 * const top = new MultiService()
 * new TCPClient('localhost', 10000, (socket) => socket.pipe(process.stdout)).setServiceParent(top)
 */
export class TCPClient extends ConnectingService {
  /**
   * @param host - its name or address
   * @param port - its port
   * @param served - what serves the connection: a factory, or a function of a socket
   * @param options - how it connects
   * @throws TypeError if the host is none, `served` neither a factory nor a function, or
   * `bindAddress` no IP address; RangeError if the port or a timeout is none
   */
  constructor(host: string, port: number, served: ClientServed, options: TCPClientOptions = {}) {
    super(new HostnameEndpoint(host, port, options), served, 'TCPClient', options.closeTimeout)
  }
}
