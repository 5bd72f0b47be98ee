import { isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { checkSeconds } from './check-seconds.ts'
import type { ClientEndpointOptions } from './hostname-endpoint.ts'
import type { IStreamClientEndpoint } from './i-client-endpoint.ts'
import { StreamClientEndpoint } from './stream-client-endpoint.ts'
import { whenReady } from './when-ready.ts'

/** In seconds. */
const TIMEOUT = 30

/**
 * How a client speaks TLS: what `tls.connect` of Node takes, `host` at least, the name
 * that the certificate must be for. As a function it is asked anew for each connection,
 * so that certificates may change.
 */
export type ClientTLSOptions =
  | ConnectionOptions
  | (() => ConnectionOptions | Promise<ConnectionOptions>)

/**
 * An endpoint that speaks TLS over the connections of another one. The certificate of
 * the server is verified, unless `rejectUnauthorized: false` says otherwise.
 *
 * @param tls - how, and the name of the host
 * @param endpoint - what makes the connections
 * @param options - the timeout is for the handshake alone
 * @throws RangeError if the timeout is no number of seconds
 *
 * @see Twisted's `twisted.internet.endpoints.wrapClientTLS`
 *
 * @example
 * import { ClientService, HostnameEndpoint, wrapClientTLS } from 'runnerd'
 *
 * const host = 'poetry.example'
 * const endpoint = wrapClientTLS({ host }, new HostnameEndpoint(host, 10443))
 * export const client = new ClientService(endpoint, (socket) => socket.pipe(process.stdout))
 */
export function wrapClientTLS(
  tls: ClientTLSOptions,
  endpoint: IStreamClientEndpoint,
  { timeout = TIMEOUT }: ClientEndpointOptions = {},
): IStreamClientEndpoint {
  return new TLSClientEndpoint(tls, endpoint, checkSeconds('timeout', timeout))
}

class TLSClientEndpoint extends StreamClientEndpoint {
  readonly #tls: ClientTLSOptions
  readonly #endpoint: IStreamClientEndpoint
  readonly #timeout: number

  constructor(tls: ClientTLSOptions, endpoint: IStreamClientEndpoint, timeout: number) {
    super()
    this.#tls = tls
    this.#endpoint = endpoint
    this.#timeout = timeout
  }

  override async open(signal: AbortSignal): Promise<Socket> {
    const options = await this.#options()
    const socket = await this.#endpoint.connect(ignore, signal)
    const secure = withTLS(socket, options)
    return await whenReady(secure, 'secureConnect', this.#timeout, signal)
  }

  override toString(): string {
    const below = String(this.#endpoint)
    return below.startsWith('tcp:') ? below.replace('tcp:', 'tls:') : `${below} with TLS`
  }

  async #options(): Promise<ConnectionOptions> {
    const options = typeof this.#tls === 'function' ? await this.#tls() : this.#tls
    const { host = '', servername } = options
    // A server is not told an address for its name.
    return servername === undefined && isIP(host) === 0 ? { ...options, servername: host } : options
  }
}

/** @throws what Node says of options that can't be used, such as a key that is none */
function withTLS(socket: Socket, options: ConnectionOptions): Socket {
  try {
    // Loaded for whoever speaks it, and for nobody else.
    return process.getBuiltinModule('node:tls').connect({ ...options, socket })
  } catch (error) {
    // Nobody else has it, and so nobody would ever close it.
    socket.destroy()
    throw error
  }
}

function ignore(): void {}
