import { Service, type ServiceDescription } from '@runnerd/service'
import { acceptorOf } from './accept.ts'
import { checkSeconds } from './check-seconds.ts'
import { Connector } from './connector.ts'
import type { ClientServed, IStreamClientEndpoint } from './i-client-endpoint.ts'

/** How many seconds a stop waits for a server that doesn't read. @internal */
export const CLOSE_TIMEOUT = 0.5

/** What the client services have in common that connect once. @internal */
export abstract class ConnectingService extends Service {
  readonly #connector: Connector
  readonly #name: string

  /** @param unnamed - what a function without a name is called in the log */
  constructor(
    endpoint: IStreamClientEndpoint,
    served: ClientServed,
    unnamed: string,
    closeTimeout: number = CLOSE_TIMEOUT,
  ) {
    super()
    const { name } = acceptorOf(served, unnamed)
    this.#name = String(endpoint)
    const seconds = checkSeconds('closeTimeout', closeTimeout)
    this.#connector = new Connector(endpoint, served, name, seconds)
  }

  /** Where to, and whether it is connected, for `runner status`. */
  describe(): ServiceDescription {
    return { details: { endpoint: this.#name, state: this.#connector.state } }
  }

  /** Begins to connect, and waits for nothing. */
  override startService(): void {
    if (this.running) return
    super.startService()
    this.#connector.open()
  }

  /** Gives the attempt up, or closes the connection, and waits for that. */
  override async stopService(): Promise<void> {
    super.stopService()
    await this.#connector.close()
  }

  /** The same. */
  override undoStart(): Promise<void> {
    return ConnectingService.prototype.stopService.call(this)
  }
}
