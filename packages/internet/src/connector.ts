import { log } from '@runnerd/logging'
import { Attempt } from './attempt.ts'
import { callSafely } from './call-safely.ts'
import { CancelledError } from './cancelled-error.ts'
import type { ClientFactory } from './client-factory.ts'
import { ConnectError } from './connect-error.ts'
import type { Factory } from './factory.ts'
import { startFactory, stopFactory } from './factory-life.ts'
import type { ClientServed, IStreamClientEndpoint } from './i-client-endpoint.ts'

/**
 * A client's hold on its connection, by which its factory ends it or makes another one.
 *
 * @see Twisted's `twisted.internet.interfaces.IConnector`
 */
export interface IConnector {
  /** Where it is. */
  readonly state: 'disconnected' | 'connecting' | 'connected'

  /** Connects, unless it does already or has, or its service was stopped. */
  connect(): void

  /**
   * Gives up the attempt; or closes the connection, when what was written has been
   * sent. Disconnected, it does nothing.
   */
  disconnect(): void
}

/** The connection of one client service. @internal */
export class Connector implements IConnector {
  state: IConnector['state'] = 'disconnected'
  readonly #endpoint: IStreamClientEndpoint
  readonly #served: ClientServed
  readonly #name: string
  readonly #closeTimeout: number
  #isOpen = false
  #attempt: Attempt<ClientServed> | undefined
  #isFactoryStarted = false
  #whenDisconnected: (() => void)[] = []

  constructor(
    endpoint: IStreamClientEndpoint,
    served: ClientServed,
    name: string,
    closeTimeout: number,
  ) {
    this.#endpoint = endpoint
    this.#served = served
    this.#name = name
    this.#closeTimeout = closeTimeout
  }

  /** Connects, and may again until it is closed. */
  open(): void {
    this.#isOpen = true
    this.connect()
  }

  /** Disconnects for good, and resolves when that is done. */
  async close(): Promise<void> {
    this.#isOpen = false
    if (this.state === 'disconnected') return
    this.disconnect()
    await new Promise<void>((resolve) => this.#whenDisconnected.push(resolve))
  }

  connect(): void {
    if (!this.#isOpen || this.state !== 'disconnected') return
    if (!this.#isFactoryStarted) startFactory(this.#factory)
    this.#isFactoryStarted = true
    this.state = 'connecting'
    this.#attempt = new Attempt<ClientServed>(this.#endpoint, this.#served, {
      made: () => {
        this.state = 'connected'
      },
      failed: (error) => {
        if (!(error instanceof CancelledError)) this.#logFailure(error)
        this.#ended(() => this.#client?.clientConnectionFailed?.(this, error))
      },
      lost: (reason) => this.#ended(() => this.#client?.clientConnectionLost?.(this, reason)),
    })
    this.#tell(() => this.#client?.startedConnecting?.(this))
  }

  disconnect(): void {
    this.#attempt?.end(this.#closeTimeout)
  }

  #ended(tell: () => void): void {
    this.state = 'disconnected'
    this.#attempt = undefined
    // The factory may connect again.
    this.#tell(tell)
    if ((this.state as string) !== 'disconnected') return
    if (this.#isFactoryStarted) stopFactory(this.#factory)
    this.#isFactoryStarted = false
    for (const resolve of this.#whenDisconnected.splice(0)) resolve()
  }

  #logFailure(error: unknown): void {
    const { message } = error as Partial<Error>
    const text =
      error instanceof ConnectError ? message : `cannot connect to ${this.#endpoint}: ${message}`
    log.warn(text, { system: this.#name })
  }

  get #factory(): Factory | undefined {
    return typeof this.#served === 'function' ? undefined : this.#served
  }

  /** Any factory will do: one that isn't a client's has none of these methods. */
  get #client(): Partial<ClientFactory> | undefined {
    return this.#factory as Partial<ClientFactory> | undefined
  }

  #tell(event: () => void): void {
    callSafely(this.#name, event, () => {})
  }
}
