import { Service, type ServiceDescription } from '@runnerd/service'
import { acceptorOf, type ConnectionListener } from './accept.ts'
import type { Address } from './address.ts'
import { bindPort } from './bind-port.ts'
import { Binding } from './binding.ts'
import { checkPort } from './check-port.ts'
import type { Port } from './port.ts'
import type { ServerFactory } from './server-factory.ts'

/** Where and how a `TCPServer` listens. */
export interface TCPServerOptions {
  /**
   * The address to listen on. Default `''`: every IPv4 address. `localhost` is
   * 127.0.0.1, `::` takes IPv6 and IPv4, other names are looked up.
   */
  readonly interface?: string | undefined

  /** How many clients the system lets wait to be accepted, see listen(2). Default: Node's. */
  readonly backlog?: number | undefined

  /** How many seconds a stop waits for clients that don't read. Default 0.5. */
  readonly closeTimeout?: number | undefined
}

/**
 * A service that listens on a TCP port while it runs.
 *
 * `privilegedStartService` binds the port, and connections are refused;
 * `startService` binds it if that was not done, and has it accept connections
 * when the whole tree has started, so that a start which fails later has taken
 * nobody's connection. Starting what is started does nothing.
 *
 * `stopService` accepts no more connections, closes those there are as soon as
 * what was written to them has been sent, and after `closeTimeout` in any case;
 * then it has forgotten the port and can be started again. It may be called at
 * any time.
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
export class TCPServer extends Service {
  readonly #binding: Binding<Port>

  /**
   * @param port - 0 has the system choose one; see {@link TCPServer.address}
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - where and how it listens
   * @throws TypeError if `port` is not a number, or `served` neither a factory nor a
   * function; RangeError with Node's code ERR_SOCKET_BAD_PORT if `port` is not an
   * integer from 0 to 65535
   */
  constructor(
    port: number,
    served: ServerFactory | ConnectionListener,
    options: TCPServerOptions = {},
  ) {
    super()
    checkPort(port)
    const acceptor = acceptorOf(served)
    this.#binding = new Binding(() => bindPort(options.interface ?? '', port, acceptor, options))
  }

  /**
   * Where it is bound, with the real number of port 0; `undefined` while it is not
   * bound. Twisted's `getHost`.
   */
  address(): Address | undefined {
    return this.#binding.port?.address
  }

  /** Where it listens and how many connections there are, for `runner status`. */
  describe(): ServiceDescription {
    const { port } = this.#binding
    if (port === undefined) return {}
    const { address, connections } = port
    return { listeners: [{ kind: 'tcp', address: address.host, port: address.port, connections }] }
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
      await TCPServer.prototype.stopService.call(this)
      throw error
    }
  }

  /**
   * Accepts no more connections, and resolves when those there are have ended; each
   * is told by the signal `draining` that a listener gets and a `Transport` has.
   */
  override async drain(): Promise<void> {
    await this.#binding.port?.drain()
  }

  override async stopService(): Promise<void> {
    super.stopService()
    await this.#binding.giveBack()
  }

  override undoStart(): Promise<void> {
    return TCPServer.prototype.stopService.call(this)
  }
}
