import type { ConnectionOptions } from 'node:tls'
import { ConnectingService } from './connecting-service.ts'
import { HostnameEndpoint } from './hostname-endpoint.ts'
import type { ClientServed } from './i-client-endpoint.ts'
import type { TCPClientOptions } from './tcp-client.ts'
import { wrapClientTLS } from './wrap-client-tls.ts'

/** How a `TLSClient` connects. */
export interface TLSClientOptions extends TCPClientOptions {
  /**
   * What `tls.connect` of Node takes: `ca` for whom to trust, `key` and `cert` for who
   * asks them, `servername` if the certificate is for another name than the host.
   */
  readonly tls?: ConnectionOptions | undefined
}

/**
 * A {@link TCPClient} that speaks TLS. The certificate of the server is verified, and
 * the protocol's `connectionMade` comes after the handshake.
 *
 * @see Twisted's `twisted.application.internet.SSLClient`
 *
 * @example
 * import { MultiService, TLSClient } from 'runnerd'
 *
 * const top = new MultiService()
 * const client = new TLSClient('poetry.example', 10443, (socket) => socket.pipe(process.stdout))
 * client.setServiceParent(top)
 */
export class TLSClient extends ConnectingService {
  /**
   * @param host - its name or address, which the certificate must be for
   * @param port - its port
   * @param served - what serves the connection: a factory, or a function of a socket
   * @param options - how it connects
   * @throws as {@link TCPClient} does
   */
  constructor(host: string, port: number, served: ClientServed, options: TLSClientOptions = {}) {
    const { closeTimeout, tls } = options
    const endpoint = new HostnameEndpoint(host, port, options)
    super(wrapClientTLS({ host, ...tls }, endpoint, options), served, 'TLSClient', closeTimeout)
  }
}
