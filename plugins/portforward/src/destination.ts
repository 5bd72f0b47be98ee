import type { Socket } from 'node:net'
import { clientFromString, type IStreamClientEndpoint, StreamClientEndpoint } from 'runnerd'

/** What is to be said before all else, by the signal of the connection that it is of. */
const headers = new WeakMap<AbortSignal, Buffer>()

/** Where connections are forwarded to. */
export class Destination {
  readonly #description: string
  readonly #endpoint: IStreamClientEndpoint

  /**
   * @param description - an endpoint string of a client: `tcp:localhost:8080`
   * @throws UsageError naming the part that is wrong; TLSFileError if a certificate or
   * key can't be used
   */
  constructor(description: string) {
    this.#description = description
    this.#endpoint = clientFromString(description, (endpoint) => new BegunEndpoint(endpoint))
  }

  /**
   * Connects, once; the connection may be half open.
   *
   * @param header - what is sent before all else, and before TLS
   * @param signal - of this connection alone; aborted when nobody wants it any more
   * @throws ConnectError; CancelledError if the signal was aborted
   */
  async connect(header: Buffer | undefined, signal: AbortSignal): Promise<Socket> {
    if (header !== undefined) headers.set(signal, header)
    const socket = await this.#endpoint.connect(ignore, signal)
    socket.allowHalfOpen = true
    return socket
  }

  /** As it was given. */
  toString(): string {
    return this.#description
  }
}

/** Has said something when it is connected. */
class BegunEndpoint extends StreamClientEndpoint {
  readonly #endpoint: IStreamClientEndpoint

  constructor(endpoint: IStreamClientEndpoint) {
    super()
    this.#endpoint = endpoint
  }

  override async open(signal: AbortSignal): Promise<Socket> {
    const socket = await this.#endpoint.connect(ignore, signal)
    const header = headers.get(signal)
    if (header !== undefined) socket.write(header)
    return socket
  }

  override toString(): string {
    return String(this.#endpoint)
  }
}

function ignore(): void {}
