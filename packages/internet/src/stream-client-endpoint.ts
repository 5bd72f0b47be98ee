import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import { acceptorOf } from './accept.ts'
import type { Address } from './address.ts'
import { CancelledError } from './cancelled-error.ts'
import { ConnectError } from './connect-error.ts'
import { errorOf } from './error-of.ts'
import type { Factory } from './factory.ts'
import { startFactory, stopFactory } from './factory-life.ts'
import type { ClientServed, Connected, IStreamClientEndpoint } from './i-client-endpoint.ts'

/**
 * A client endpoint that needs only to be told how its socket is opened.
 *
 * @example
 * import type { Socket } from 'node:net'
 * import { type IStreamClientEndpoint, StreamClientEndpoint } from 'runnerd'
 *
 * // Greets a gateway, which then speaks for the host behind it.
 * export class GatewayEndpoint extends StreamClientEndpoint {
 *   readonly #gateway: IStreamClientEndpoint
 *   readonly #host: string
 *
 *   constructor(gateway: IStreamClientEndpoint, host: string) {
 *     super()
 *     this.#gateway = gateway
 *     this.#host = host
 *   }
 *
 *   override async open(signal: AbortSignal): Promise<Socket> {
 *     const socket = await this.#gateway.connect(() => {}, signal)
 *     socket.write(`${this.#host}\n`)
 *     return socket
 *   }
 *
 *   override toString(): string {
 *     return `${this.#gateway}, for ${this.#host}`
 *   }
 * }
 */
export abstract class StreamClientEndpoint implements IStreamClientEndpoint {
  /**
   * Opens a socket, ready to be written to.
   *
   * @param signal - aborted when nobody wants it any more: close what was begun, and reject
   * @throws what happened; {@link StreamClientEndpoint.connect} makes a {@link
   * ConnectError} of it that names this endpoint
   */
  abstract open(signal: AbortSignal): Promise<Socket>

  /** Who is at the other end, and at this one, where the socket doesn't tell. @internal */
  readonly addresses: { readonly local?: Address; readonly peer?: Address } = {}

  async connect<S extends ClientServed>(
    served: S,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Connected<S>> {
    const acceptor = acceptorOf(served, 'Client')
    const factory = typeof served === 'function' ? undefined : (served as Factory)
    startFactory(factory)
    let socket: Socket
    try {
      socket = await this.#open(signal)
    } catch (error) {
      stopFactory(factory)
      throw error
    }
    // As many may listen as like to: it is the connection's from now on.
    setMaxListeners(0, signal)
    const context = { ...this.addresses, draining: signal }
    const protocol = acceptor.accept(socket, () => stopFactory(factory), context)
    if (socket.errored) throw socket.errored
    if (factory === undefined) return socket as Connected<S>
    if (protocol === undefined) throw noProtocol(acceptor.name)
    return protocol as Connected<S>
  }

  async #open(signal: AbortSignal): Promise<Socket> {
    if (signal.aborted) throw new CancelledError()
    try {
      return await this.open(signal)
    } catch (error) {
      if (signal.aborted) throw new CancelledError()
      const cause = errorOf(error) as NodeJS.ErrnoException
      // One that another endpoint has named already is named anew: this was asked for.
      throw new ConnectError(String(this), cause instanceof ConnectError ? cause.cause : cause)
    }
  }
}

function noProtocol(name: string): Error {
  const message = `${name} built no protocol for the connection`
  return Object.assign(new Error(message), { code: 'ERR_NO_PROTOCOL' })
}
