import type { RemoteInfo, Socket } from 'node:dgram'
import { Service, type ServiceDescription } from '@runnerd/service'
import type { Address } from './address.ts'
import { Binding } from './binding.ts'
import { checkPort } from './check-port.ts'
import { DatagramProtocol } from './datagram-protocol.ts'
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
export class UDPServer extends Service {
  readonly #binding: Binding<UdpPort>

  /**
   * @param port - 0 has the system choose one; see {@link UDPServer.address}
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
    super()
    checkPort(port)
    const [protocol, name] = protocolOf(served)
    this.#binding = new Binding(() => bindUdp(options.interface ?? '', port, protocol, name))
  }

  /**
   * Where it is bound, with the real number of port 0; `undefined` while it is not
   * bound. Twisted's `getHost`.
   */
  address(): Address | undefined {
    return this.#binding.port?.address
  }

  /** Where it receives, for `runner status`. */
  describe(): ServiceDescription {
    const address = this.address()
    if (address === undefined) return {}
    return { listeners: [{ kind: 'udp', address: address.host, port: address.port }] }
  }

  override async privilegedStartService(): Promise<void> {
    await this.#binding.take()
  }

  override async startService(): Promise<void> {
    super.startService()
    try {
      const port = await this.#binding.take()
      await this.afterStart(() => this.#binding.listen(port))
    } catch (error) {
      await UDPServer.prototype.stopService.call(this)
      throw error
    }
  }

  /** Receives no more; what was received may still be answered. */
  override async drain(): Promise<void> {
    this.#binding.port?.drain()
  }

  override async stopService(): Promise<void> {
    super.stopService()
    await this.#binding.giveBack()
  }

  override undoStart(): Promise<void> {
    return UDPServer.prototype.stopService.call(this)
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
