import type { ListenerDescription } from '@runnerd/service'
import { type Acceptor, acceptorOf, type ConnectionListener } from './accept.ts'
import type { Factory } from './factory.ts'
import type { IStreamServerEndpoint, StreamServerOptions } from './i-endpoint.ts'
import { Port, type PortSocket } from './port.ts'
import type { TLSContext } from './tls-context.ts'

/** What an endpoint of ours has besides a place. @internal */
export interface StreamEndpointOptions {
  /** See listen(2). */
  readonly backlog?: number | undefined
  readonly tls?: TLSContext | undefined
  readonly place?: ListenerDescription | undefined
}

/** Somewhere to listen for streams, of the kinds that this package knows. @internal */
export class StreamEndpoint implements IStreamServerEndpoint {
  readonly #take: () => Promise<PortSocket>
  readonly #options: StreamEndpointOptions

  /** @param take - gets the socket, bound; another one with each call */
  constructor(take: () => Promise<PortSocket>, options: StreamEndpointOptions) {
    this.#take = take
    this.#options = options
  }

  /** Where it is, as far as that is known before it is bound. */
  get place(): ListenerDescription | undefined {
    return this.#options.place
  }

  async listen(served: Factory | ConnectionListener, options?: StreamServerOptions): Promise<Port> {
    const port = await this.bind(served, options)
    try {
      await port.startListening()
      return port
    } catch (error) {
      await port.stopListening()
      throw error
    }
  }

  async bind(
    served: Factory | ConnectionListener | Acceptor,
    options: StreamServerOptions = {},
  ): Promise<Port> {
    const { backlog, tls } = this.#options
    const acceptor = acceptorOf(served, 'StreamServerEndpoint')
    const serving = tls === undefined ? acceptor : await withTLS(acceptor, tls, options)
    return new Port(await this.#take(), serving, { ...options, backlog })
  }
}

async function withTLS(
  acceptor: Acceptor,
  tls: TLSContext,
  { acceptableProtocols }: StreamServerOptions,
): Promise<Acceptor> {
  const options = tls.take()
  if (acceptor.withTLS !== undefined) return acceptor.withTLS(options)
  const { tlsAcceptor } = await import('./tls-acceptor.ts')
  const spoken = acceptableProtocols && { ALPNProtocols: [...acceptableProtocols] }
  return tlsAcceptor(acceptor, { ...spoken, ...options })
}
