import net, { type Socket } from 'node:net'
import { type Address, UNIXAddress } from './address.ts'
import { checkSeconds } from './check-seconds.ts'
import type { ClientEndpointOptions } from './hostname-endpoint.ts'
import { StreamClientEndpoint } from './stream-client-endpoint.ts'
import { whenReady } from './when-ready.ts'

/** In seconds; Twisted's. */
const TIMEOUT = 30

/**
 * A UNIX socket to connect to. Protocols get a {@link UNIXAddress}.
 *
 * @see Twisted's `twisted.internet.endpoints.UNIXClientEndpoint`
 *
 * @example
 * import { ClientService, UNIXClientEndpoint } from 'runnerd'
 *
 * const endpoint = new UNIXClientEndpoint('/run/poetry.sock')
 * export const client = new ClientService(endpoint, (socket) => socket.pipe(process.stdout))
 */
export class UNIXClientEndpoint extends StreamClientEndpoint {
  override readonly addresses: { readonly local: Address; readonly peer: Address }
  readonly #path: string
  readonly #timeout: number

  /**
   * @param path - meant from the directory that the process is in; on Linux one that
   * begins with `\0` is an abstract name, which is no file
   * @param options - how it connects
   * @throws TypeError if the path is no text or empty, RangeError if the timeout is no
   * number of seconds
   */
  constructor(path: string, { timeout = TIMEOUT }: ClientEndpointOptions = {}) {
    super()
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`The path must be a string that is not empty, not '${path}'`)
    }
    this.#path = path
    this.#timeout = checkSeconds('timeout', timeout)
    this.addresses = { local: new UNIXAddress(''), peer: new UNIXAddress(path) }
  }

  override open(signal: AbortSignal): Promise<Socket> {
    return whenReady(net.connect({ path: this.#path }), 'connect', this.#timeout, signal)
  }

  /** As an endpoint string: `unix:/run/poetry.sock`. */
  override toString(): string {
    return `unix:${this.#path.replaceAll(':', '\\:').replace('\0', '@')}`
  }
}
