import type { TlsOptions } from 'node:tls'
import type { ConnectionListener } from './accept.ts'
import { checkPort } from './check-port.ts'
import type { Factory } from './factory.ts'
import { StreamServerEndpointService } from './stream-server-endpoint-service.ts'
import { type TCPServerOptions, tcpEndpoint } from './tcp-server.ts'
import { TLSContext } from './tls-context.ts'

/** Where and how a `TLSServer` listens. The files are in PEM. */
export interface TLSServerOptions extends TCPServerOptions {
  /**
   * The file with the private key. Default `server.pem`, unless `tls` has a `key`, a
   * `pfx` or an `SNICallback`.
   */
  readonly privateKey?: string | undefined

  /** The file with the certificate, and those that lead to a known one. Default: that of the key. */
  readonly certKey?: string | undefined

  /** A file with certificates that lead from this one to a known one. */
  readonly extraCertChain?: string | undefined

  /** A file with parameters for key exchange by Diffie-Hellman; elliptic curves need none. */
  readonly dhParameters?: string | undefined

  /** What `tls.createServer` takes besides: certificates of clients, ALPN, or all in memory. */
  readonly tls?: TlsOptions | undefined
}

/**
 * A service that listens on a TCP port for connections with TLS while it runs: a {@link
 * StreamServerEndpointService} on the endpoint `ssl:`. What it serves gets Node's
 * `TLSSocket` once the keys are agreed on.
 *
 * The files are read when it is made, before anything is bound: what is wrong with
 * them ends a start, or a check before a reload, in one line. A reload reads them again,
 * so that is what to do when a certificate was renewed.
 *
 * @throws {@link CannotListenError} from either half of the start if the port can't
 * be had, or what the factory's `startFactory` throws
 *
 * @see Twisted's `twisted.application.internet.SSLServer`
 *
 * @example
 * import { MultiService, TLSServer } from 'runnerd'
 *
 * export function makeService() {
 *   const top = new MultiService()
 *   const files = { privateKey: 'key.pem', certKey: 'cert.pem' }
 *   new TLSServer(7443, (socket) => socket.end('hello\n'), files).setServiceParent(top)
 *   return top
 * }
 */
export class TLSServer extends StreamServerEndpointService {
  /**
   * @param port - 0 has the system choose one; see `address`
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - the files, and where and how it listens
   * @throws {@link TLSFileError} if a file can't be read or used; TypeError if `port` is
   * not a number, or `served` neither a factory nor a function; RangeError if a limit is
   * negative, and with Node's code ERR_SOCKET_BAD_PORT if `port` is not an integer from
   * 0 to 65535
   */
  constructor(port: number, served: Factory | ConnectionListener, options: TLSServerOptions = {}) {
    checkPort(port)
    super(tcpEndpoint(port, options, contextOf(options)), served, options)
  }
}

function contextOf(options: TLSServerOptions): TLSContext {
  const { certKey, extraCertChain, dhParameters, tls = {} } = options
  const isInMemory = tls.key !== undefined || tls.pfx !== undefined || tls.SNICallback !== undefined
  const privateKey = options.privateKey ?? (isInMemory ? undefined : 'server.pem')
  if (privateKey === undefined) return new TLSContext(undefined, tls)
  return new TLSContext({ privateKey, certKey, extraCertChain, dhParameters }, tls)
}
