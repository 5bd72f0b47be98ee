import { acceptorOf, type ConnectionListener } from './accept.ts'
import { datagramPlaceOf, datagramPrefixes } from './datagram-place.ts'
import type { DatagramProtocol } from './datagram-protocol.ts'
import { splitEndpoint } from './endpoint-string.ts'
import type { Factory } from './factory.ts'
import type { StreamServerOptions } from './i-endpoint.ts'
import { ListeningService, type ServicePort } from './listening-service.ts'
import { checkLimits } from './port-limits.ts'
import { serverFromString } from './server-from-string.ts'
import type { BoundSocket } from './sockets.ts'
import { StreamEndpoint } from './stream-endpoint.ts'
import { isOfDatagrams, takeInherited } from './take-inherited.ts'
import { takeUdp } from './take-udp.ts'
import { bindUdp } from './udp-port.ts'

/** What serves the one kind of socket and what the other. */
export interface SocketServed {
  /** A factory, or a function of a socket. */
  readonly stream: Factory | ConnectionListener
  /** Makes a protocol, for one port. */
  readonly datagrams: () => DatagramProtocol
}

/**
 * A service that listens where an endpoint string says, for streams or for datagrams:
 * `udp:` and `udp6:` are of datagrams, of a socket of `systemd:` and `fd:` it is seen when
 * there is one, and everything else is of streams.
 *
 * @throws {@link CannotListenError} from either half of the start
 *
 * @example
 * import { DatagramProtocol, SocketServer } from 'runnerd'
 *
 * class Discard extends DatagramProtocol {}
 *
 * export const servers = ['tcp:9', 'udp:9'].map(
 *   (endpoint) =>
 *     new SocketServer(endpoint, {
 *       stream: (socket) => socket.resume(),
 *       datagrams: () => new Discard(),
 *     }),
 * )
 */
export class SocketServer extends ListeningService<ServicePort> {
  /**
   * @param endpoint - where to listen
   * @param served - what serves it
   * @param options - limits and the like, of streams
   * @throws {@link UsageError} naming the part of the string that is wrong; TypeError if
   * `stream` is neither a factory nor a function; RangeError if a limit is negative
   */
  constructor(endpoint: string, served: SocketServed, options: StreamServerOptions = {}) {
    const acceptor = acceptorOf(served.stream, 'SocketServer')
    checkLimits(options)
    super(binderOf(endpoint, served, acceptor as never, options))
  }
}

function binderOf(
  description: string,
  { stream, datagrams }: SocketServed,
  acceptor: ConnectionListener,
  options: StreamServerOptions,
): () => Promise<ServicePort> {
  const receive = async (take: () => Promise<BoundSocket>): Promise<ServicePort> => {
    const protocol = datagrams()
    if (typeof (protocol as DatagramProtocol | undefined)?.datagramReceived !== 'function') {
      throw new TypeError('datagrams must be a function that returns a DatagramProtocol')
    }
    return bindUdp(take, protocol, protocol.constructor.name || 'SocketServer')
  }
  if (!datagramPrefixes.includes(splitEndpoint(description).prefix)) {
    const endpoint = serverFromString(description)
    // One of ours knows what a function is to be called in the log.
    const given = endpoint instanceof StreamEndpoint ? acceptor : stream
    return () => endpoint.bind?.(given, options) ?? endpoint.listen(given, options)
  }
  const place = datagramPlaceOf(description)
  if (place.kind === 'udp') {
    return () => receive(() => takeUdp(place.interface, place.port))
  }
  return async () => {
    const taken = await takeInherited(place, description, 'any')
    if (isOfDatagrams(taken)) return receive(async () => taken.socket)
    return new StreamEndpoint(async () => taken, {}).bind(acceptor, options)
  }
}
