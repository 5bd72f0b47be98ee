import type { RemoteInfo, Socket } from 'node:dgram'
import type { Address } from './address.ts'
import { checkPort } from './check-port.ts'
import { DatagramProtocol } from './datagram-protocol.ts'
import { ListeningService } from './listening-service.ts'
import { bindUdp, type UdpPort } from './udp-port.ts'

/** Where a `UDPServer` receives. */
export interface UDPServerOptions {
  /**
   * The address to receive on. Default `''`: every IPv4 address. `localhost` is
   * 127.0.0.1, `::` takes IPv6 and IPv4, other names are looked up.
   */
  readonly interface?: string | undefined
}

/**
 * A plain function that serves datagrams; called once for each, as Node's listener
 * of `message` is, with the socket to answer by: `socket.send(data, from.port,
 * from.address)`. An error it throws, or that its promise rejects with, is logged.
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
 * waits. `stopService` sends what was written, closes the port and forgets it. A
 * reload hands the port over, and no datagram is lost by it.
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
 */
export class UDPServer extends ListeningService<UdpPort> {
  /**
   * @param port - 0 has the system choose one; see `address`
   * @param served - what gets the datagrams: a protocol, or a function
   * @param options - where it receives
   * @throws TypeError if `port` is not a number, or `served` neither a protocol nor a
   * function; RangeError with Node's code ERR_SOCKET_BAD_PORT if `port` is not an
   * integer from 0 to 65535
   */
  constructor(
    port: number,
    served: DatagramProtocol | DatagramListener,
    options: UDPServerOptions = {},
  ) {
    checkPort(port)
    const [protocol, name] = protocolOf(served)
    super(() => bindUdp(options.interface ?? '', port, protocol, name))
  }
}

function protocolOf(
  served: DatagramProtocol | DatagramListener,
): [protocol: DatagramProtocol, name: string] {
  if (typeof served === 'function') {
    if (isProtocol(served.prototype)) {
      throw new TypeError(`Pass a new ${served.name}, not the class`)
    }
    return [new ListenerProtocol(served), served.name || 'UDPServer']
  }
  if (!isProtocol(served))
    throw new TypeError('Pass a DatagramProtocol or a function of a datagram')
  return [served, served.constructor.name || 'UDPServer']
}

function isProtocol(value: unknown): value is DatagramProtocol {
  const protocol = value as Partial<DatagramProtocol> | null | undefined
  return typeof protocol?.datagramReceived === 'function'
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
