import { log } from '@runnerd/logging'
import { Service, type ServiceDescription } from '@runnerd/service'
import { acceptorOf } from './accept.ts'
import { Attempt } from './attempt.ts'
import { backoffPolicy, type RetryPolicy } from './backoff-policy.ts'
import { checkSeconds } from './check-seconds.ts'
import { ClientMachine } from './client-machine.ts'
import { type Clock, systemClock } from './clock.ts'
import { CLOSE_TIMEOUT } from './connecting-service.ts'
import type { Factory } from './factory.ts'
import { startFactory, stopFactory } from './factory-life.ts'
import type { ClientServed, Connected, IStreamClientEndpoint } from './i-client-endpoint.ts'

/** How a `ClientService` keeps its connection. */
export interface ClientServiceOptions<C> {
  /** How long it waits before it connects again. Default: {@link backoffPolicy}. */
  readonly retryPolicy?: RetryPolicy | undefined

  /**
   * Makes a new connection fit for use: logs in, or looks whether the server is well.
   * Before its promise resolves nobody gets the connection; if it throws or rejects,
   * the connection is closed and the attempt has failed.
   */
  readonly prepareConnection?: ((connected: C) => unknown) | undefined

  /** Where the time between attempts comes from; for tests. */
  readonly clock?: Clock | undefined

  /** How many seconds a stop waits for a server that doesn't read. Default 0.5. */
  readonly closeTimeout?: number | undefined
}

/**
 * A service that keeps one connection while it runs: it connects when it is started,
 * and again whenever an attempt fails or the connection is lost, each time after a
 * pause that its retry policy knows.
 *
 * `startService` waits for no connection; a service that can't do without awaits
 * `whenConnected(1)` in its own start. Starting what runs does nothing.
 *
 * `stopService` gives up an attempt or a pause; or it tells the connection by its
 * signal `draining`, sends what was written and closes it, and resolves when it is
 * closed. It may be called at any time, and so may a start: one that comes before the
 * connection is closed connects again when it is.
 *
 * In a reload the old process keeps its connection until what it serves has drained,
 * while the new one has its own.
 *
 * @typeParam S - what serves the connection: the class of the factory
 *
 * @see Twisted's `twisted.application.internet.ClientService`
 *
 * @example
 * import { ClientService, clientFromString, Factory, MultiService, Protocol } from 'runnerd'
 *
 * class Upstream extends Protocol {
 *   ask(question: string): void {
 *     this.transport.write(`${question}\n`)
 *   }
 * }
 *
 * class UpstreamFactory extends Factory {
 *   override protocol = Upstream
 * }
 *
 * const top = new MultiService()
 * const client = new ClientService(clientFromString('tcp:localhost:7000'), new UpstreamFactory())
 * client.setServiceParent(top)
 *
 * export async function ask(question: string): Promise<void> {
 *   const upstream = await client.whenConnected()
 *   upstream.ask(question)
 * }
 */
export class ClientService<S extends ClientServed = ClientServed> extends Service {
  readonly #name: string
  readonly #factory: Factory | undefined
  readonly #machine: ClientMachine<Connected<S>>
  #isFactoryStarted = false

  /**
   * @param endpoint - where to connect
   * @param served - what serves each connection: a factory, or a function of a socket
   * @param options - how the connection is kept
   * @throws TypeError if `served` is neither, or a function is none; RangeError if
   * `closeTimeout` is no number of seconds
   */
  constructor(
    endpoint: IStreamClientEndpoint,
    served: S,
    options: ClientServiceOptions<Connected<S>> = {},
  ) {
    super()
    const {
      retryPolicy = backoffPolicy(),
      prepareConnection,
      clock = systemClock,
      closeTimeout = CLOSE_TIMEOUT,
    } = options
    acceptorOf(served, 'ClientService')
    for (const each of [endpoint?.connect, retryPolicy, prepareConnection ?? isFunction]) {
      if (!isFunction(each)) throw new TypeError('A client needs an endpoint, and functions')
    }
    this.#factory = typeof served === 'function' ? undefined : (served as Factory)
    this.#name = String(endpoint)
    this.#machine = new ClientMachine({
      name: this.#name,
      clock,
      retryPolicy,
      closeTimeout: checkSeconds('closeTimeout', closeTimeout),
      connect: (events) => new Attempt(endpoint, served, events, prepareConnection),
    })
  }

  /**
   * The connection: the one that there is, or else the next that is made, and prepared.
   * Before a start it waits for that.
   *
   * @param failAfterFailures - how many attempts from now on may fail; with 1 the first
   * failure is told. Default: it waits for as long as the service runs
   * @returns the protocol, or the socket if a function serves the connections
   * @throws the error of the attempt that was one too many; {@link CancelledError} if the
   * service is stopped, or was. Nobody else hears of these, so catch them
   */
  whenConnected(failAfterFailures?: number): Promise<Connected<S>> {
    return this.#machine.whenConnected(failAfterFailures)
  }

  /** Where to, and whether it is connected, for `runner status`. */
  describe(): ServiceDescription {
    return { details: { endpoint: this.#name, state: this.#machine.state } }
  }

  override startService(): void {
    if (this.running) {
      log.warn('Duplicate ClientService.startService', { system: 'ClientService' })
      return
    }
    if (!this.#isFactoryStarted) startFactory(this.#factory)
    this.#isFactoryStarted = true
    super.startService()
    this.#machine.start()
  }

  override async stopService(): Promise<void> {
    super.stopService()
    await this.#machine.stop()
    if (this.running || !this.#isFactoryStarted) return
    this.#isFactoryStarted = false
    stopFactory(this.#factory)
  }

  override undoStart(): Promise<void> {
    return ClientService.prototype.stopService.call(this)
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
