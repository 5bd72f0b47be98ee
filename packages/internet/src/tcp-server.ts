import type { ConnectionListener } from './accept.ts'
import { checkPort } from './check-port.ts'
import type { Factory } from './factory.ts'
import type { StreamServerOptions } from './i-endpoint.ts'
import { placeOf } from './place-of.ts'
import { StreamEndpoint } from './stream-endpoint.ts'
import { StreamServerEndpointService } from './stream-server-endpoint-service.ts'
import { takePort } from './take-port.ts'
import type { TLSContext } from './tls-context.ts'

/** Where and how a `TCPServer` listens. */
export interface TCPServerOptions extends StreamServerOptions {
  /**
   * The address to listen on. Default `''`: every IPv4 address. `localhost` is
   * 127.0.0.1, `::` takes IPv6 and IPv4, other names are looked up.
   */
  readonly interface?: string | undefined

  /** Of an IPv6 address: leave IPv4 to others, which `::` takes too by default. */
  readonly ipv6Only?: boolean | undefined

  /** How many clients the system lets wait to be accepted, see listen(2). Default: Node's. */
  readonly backlog?: number | undefined
}

/**
 * A service that listens on a TCP port while it runs: a {@link
 * StreamServerEndpointService} on the endpoint `tcp:`.
 *
 * @throws {@link CannotListenError} from either half of the start if the port can't
 * be had, or what the factory's `startFactory` throws
 *
 * @see Twisted's `twisted.application.internet.TCPServer`
 *
 * @example
 * import { MultiService, Protocol, ServerFactory, TCPServer } from 'runnerd'
 *
 * class Quiet extends ServerFactory {
 *   override protocol = Protocol
 * }
 *
 * const top = new MultiService()
 * new TCPServer(10000, new Quiet(), { interface: 'localhost' }).setServiceParent(top)
 * new TCPServer(10001, (socket) => socket.end('hello\n')).setServiceParent(top)
 */
export class TCPServer extends StreamServerEndpointService {
  /**
   * @param port - 0 has the system choose one; see `address`
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - where and how it listens
   * @throws TypeError if `port` is not a number, or `served` neither a factory nor a
   * function; RangeError if a limit is negative, and with Node's code
   * ERR_SOCKET_BAD_PORT if `port` is not an integer from 0 to 65535
   */
  constructor(port: number, served: Factory | ConnectionListener, options: TCPServerOptions = {}) {
    checkPort(port)
    super(tcpEndpoint(port, options), served, options)
  }
}

/** @internal */
export function tcpEndpoint(
  port: number,
  { interface: name = '', ipv6Only, backlog }: TCPServerOptions,
  tls?: TLSContext,
): StreamEndpoint {
  return new StreamEndpoint(() => takePort(name, port, ipv6Only), {
    backlog,
    tls,
    place: placeOf('tcp', name, port),
  })
}
