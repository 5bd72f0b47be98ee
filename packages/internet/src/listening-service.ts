import { type ListenerDescription, Service, type ServiceDescription } from '@runnerd/service'
import { type Address, UNIXAddress } from './address.ts'
import { Binding } from './binding.ts'
import type { IListeningPort } from './i-endpoint.ts'

/** A port that tells of itself. @internal */
export type ServicePort = IListeningPort & { describe?(): ListenerDescription }

/**
 * A service that has one port while it runs. It is bound in the privileged half of the
 * start, or in the other if that was left out, and listens when the whole tree has
 * started.
 *
 * @internal
 */
export class ListeningService<P extends ServicePort> extends Service {
  /** The one place, where it is known before it is bound. */
  readonly listensOn: readonly ListenerDescription[] | undefined
  readonly #binding: Binding<P>

  constructor(bind: () => Promise<P>, place?: ListenerDescription) {
    super()
    this.listensOn = place && [place]
    this.#binding = new Binding(bind)
  }

  /**
   * Where it is bound, with the real number of port 0; `undefined` while it is not
   * bound. Twisted's `getHost`.
   */
  address(): Address | undefined {
    return this.#binding.port?.getHost()
  }

  /** Where it listens and how many connections there are, for `runner status`. */
  describe(): ServiceDescription {
    const { port } = this.#binding
    return port === undefined ? {} : { listeners: [port.describe?.() ?? describe(port)] }
  }

  /** Binds it; nobody is accepted yet. */
  override async privilegedStartService(): Promise<void> {
    await this.#binding.take()
  }

  /** Binds it if that was not done, and has it accept when the whole tree has started. */
  override async startService(): Promise<void> {
    super.startService()
    try {
      const port = await this.#binding.take()
      await this.afterStart(() => this.#binding.listen(port))
    } catch (error) {
      await ListeningService.prototype.stopService.call(this)
      throw error
    }
  }

  /**
   * Accepts no more connections, and resolves when those there are have ended; each
   * is told by the signal `draining` that a listener gets and a `Transport` has. Of
   * datagrams it receives no more; what was received may still be answered.
   */
  override async drain(): Promise<void> {
    await this.#binding.port?.drain?.()
  }

  /** Accepts no more, closes what is open, and forgets the port. */
  override async stopService(): Promise<void> {
    super.stopService()
    await this.#binding.giveBack()
  }

  /** Undoes a start that has failed, as a stop does. */
  override undoStart(): Promise<void> {
    // Not this.stopService(): what a subclass adds to it is for a start that succeeded.
    return ListeningService.prototype.stopService.call(this)
  }
}

function describe(port: ServicePort): ListenerDescription {
  const { connections } = port
  const more = connections === undefined ? {} : { connections }
  const address = port.getHost()
  if (address instanceof UNIXAddress) return { kind: 'unix', address: address.name, ...more }
  return { kind: address.type.toLowerCase(), address: address.host, port: address.port, ...more }
}
