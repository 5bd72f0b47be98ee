import net, { isIP, type Socket } from 'node:net'
import { checkPort } from './check-port.ts'
import { checkSeconds } from './check-seconds.ts'
import { StreamClientEndpoint } from './stream-client-endpoint.ts'
import { whenReady } from './when-ready.ts'

/** In seconds; Twisted's. */
const TIMEOUT = 30

/** How a client connects. */
export interface ClientEndpointOptions {
  /** How many seconds an attempt may take; 0 for as long as the system tries. Default 30. */
  readonly timeout?: number | undefined
}

/** How a client connects to a host. */
export interface HostnameEndpointOptions extends ClientEndpointOptions {
  /** The IP address to connect from. Default: the system's choice. */
  readonly bindAddress?: string | undefined
}

/**
 * Somewhere to connect to by TCP: a host by its name or its address. Of a name's
 * addresses, of IPv6 and IPv4, each is tried in turn until one answers ("happy
 * eyeballs", as Node does it: `autoSelectFamily` of `net.connect`).
 *
 * @see Twisted's `twisted.internet.endpoints.HostnameEndpoint`
 *
 * @example
 * import { ClientService, HostnameEndpoint } from 'runnerd'
 *
 * const endpoint = new HostnameEndpoint('localhost', 10000, { timeout: 5 })
 * export const client = new ClientService(endpoint, (socket) => socket.pipe(process.stdout))
 */
export class HostnameEndpoint extends StreamClientEndpoint {
  readonly #host: string
  readonly #port: number
  readonly #timeout: number
  readonly #bindAddress: string | undefined

  /**
   * @param host - its name or address; a name is looked up at each attempt
   * @param port - its port
   * @param options - how it connects
   * @throws TypeError if the host is no text or empty, or `bindAddress` no IP address;
   * RangeError if the port is none, or the timeout no number of seconds
   */
  constructor(host: string, port: number, options: HostnameEndpointOptions = {}) {
    super()
    const { timeout = TIMEOUT, bindAddress } = options
    if (typeof host !== 'string' || host === '') {
      throw new TypeError(`The host must be a name or an address, not '${host}'`)
    }
    if (bindAddress !== undefined && isIP(bindAddress) === 0) {
      throw new TypeError(`The bindAddress must be an IP address, not '${bindAddress}'`)
    }
    checkPort(port)
    this.#host = host
    this.#port = port
    this.#timeout = checkSeconds('timeout', timeout)
    this.#bindAddress = bindAddress
  }

  override open(signal: AbortSignal): Promise<Socket> {
    const from = this.#bindAddress
    const socket = net.connect({
      host: this.#host,
      port: this.#port,
      // From an address of one family no address of the other can be reached.
      ...(from === undefined ? {} : { localAddress: from, family: isIP(from) }),
    })
    return whenReady(socket, 'connect', this.#timeout, signal)
  }

  /** As an endpoint string: `tcp:localhost:10000`. */
  override toString(): string {
    return `tcp:${this.#host.replaceAll(':', '\\:')}:${this.#port}`
  }
}
