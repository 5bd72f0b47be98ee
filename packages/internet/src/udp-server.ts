import type { RemoteInfo, Socket } from 'node:dgram'
import type { ListenerDescription } from '@runnerd/service'
import type { Address } from './address.ts'
import { checkPort } from './check-port.ts'
import { datagramPlaceOf } from './datagram-place.ts'
import { DatagramProtocol } from './datagram-protocol.ts'
import { isDatagramProtocol } from './is-datagram-protocol.ts'
import { ListeningService } from './listening-service.ts'
import { placeOf } from './place-of.ts'
import type { BoundSocket } from './sockets.ts'
import { takeInherited } from './take-inherited.ts'
import { takeUdp } from './take-udp.ts'
import { bindUdp, type UdpPort } from './udp-port.ts'

/** Where a `UDPServer` receives. */
export interface UDPServerOptions {
  /**
   * The address to receive on. Default `''`: every IPv4 address. `localhost` is
   * 127.0.0.1, `::` takes IPv6 and IPv4, other names are looked up. An endpoint string
   * says it itself.
   */
  readonly interface?: string | undefined

  /** Of an IPv6 address: leave IPv4 to others, which `::` takes too by default. */
  readonly ipv6Only?: boolean | undefined
}

/**
 * A plain function that serves datagrams; called once for each, as Node's listener
 * of `message` is, with the socket to answer by: `socket.send(data, from.port,
 * from.address)`. What it sends when the port is closed already is dropped. An error it
 * throws, or that its promise rejects with, is logged.
 *
 * @example
 * import type { DatagramListener } from 'runnerd'
 *
 * export const echo: DatagramListener = (data, from, socket) => {
 *   socket.send(data, from.port, from.address)
 * }
 */
export type DatagramListener = (data: Buffer, from: RemoteInfo, socket: Socket) => void

/**
 * A service that receives and sends UDP datagrams while it runs.
 *
 * `privilegedStartService` binds the port; `startService` binds it if that was not
 * done, and has it receive when the whole tree has started: what arrives in between
 * waits, as far as the system's queue has room: for 256 small ones, by default, on Linux.
 * `stopService` sends what was written, closes the port and forgets it. A reload hands
 * the port over, and no datagram is lost by it.
 *
 * @throws {@link CannotListenError} from either half of the start if the port can't be
 * had, or what `startProtocol` throws
 *
 * @see Twisted's `twisted.application.internet.UDPServer`
 *
 * @example
 * import { MultiService, UDPServer } from 'runnerd'
 *
 * const top = new MultiService()
 * new UDPServer(9999, (data, from, socket) => {
 *   socket.send(data, from.port, from.address)
 * }).setServiceParent(top)
 * new UDPServer('udp:9998:interface=127.0.0.1', (data) => {
 *   process.stdout.write(data)
 * }).setServiceParent(top)
 */
export class UDPServer extends ListeningService<UdpPort> {
  /**
   * @param listen - a port number, 0 has the system choose one, see `address`; or an
   * endpoint string: `udp:PORT` or `udp6:PORT` with `interface=`, or `systemd:` and `fd:`
   * for a socket that is there already
   * @param served - what gets the datagrams: a protocol, or a function
   * @param options - where it receives
   * @throws TypeError if `listen` is neither a number nor a string, or `served` neither a
   * protocol nor a function; RangeError with Node's code ERR_SOCKET_BAD_PORT if it is a
   * number but not an integer from 0 to 65535; {@link UsageError} naming the part of a
   * string that is wrong
   */
  constructor(
    listen: number | string,
    served: DatagramProtocol | DatagramListener,
    options: UDPServerOptions = {},
  ) {
    const [take, place] = takerOf(listen, options)
    const [protocol, name] = protocolOf(served)
    super(() => bindUdp(take, protocol, name), place)
  }
}

function takerOf(
  listen: number | string,
  { interface: name = '', ipv6Only }: UDPServerOptions,
): [take: () => Promise<BoundSocket>, place?: ListenerDescription] {
  if (typeof listen !== 'string') {
    checkPort(listen)
    return [() => takeUdp(name, listen, ipv6Only), placeOf('udp', name, listen)]
  }
  const place = datagramPlaceOf(listen)
  if (place.kind !== 'udp') {
    return [async () => (await takeInherited(place, listen, 'datagram')).socket]
  }
  const { interface: own, port } = place
  return [() => takeUdp(own, port), placeOf('udp', own, port)]
}

function protocolOf(
  served: DatagramProtocol | DatagramListener,
): [protocol: DatagramProtocol, name: string] {
  if (isDatagramProtocol(served)) return [served, served.constructor.name || 'UDPServer']
  return [new ListenerProtocol(served), served.name || 'UDPServer']
}

/** Gives a plain function what Node gives it. */
class ListenerProtocol extends DatagramProtocol {
  readonly #listener: DatagramListener

  constructor(listener: DatagramListener) {
    super()
    this.#listener = listener
  }

  override datagramReceived(data: Buffer, { host, port }: Address): void | Promise<void> {
    const family = host.includes(':') ? 'IPv6' : 'IPv4'
    const from = { address: host, port, family, size: data.length } as const
    // An async function is one that returns nothing, to the type checker.
    const result: unknown = this.#listener(data, from, this.transport.socket)
    return result as Promise<void>
  }
}
