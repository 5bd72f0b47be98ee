import type { Socket } from 'node:net'
import { CancelledError } from './cancelled-error.ts'
import type { ClientServed, Connected, IStreamClientEndpoint } from './i-client-endpoint.ts'
import type { Protocol } from './protocol.ts'
import { sendAndHangUp } from './send-and-close.ts'

/** What becomes of an attempt: it failed, or it was made and, later, lost. */
export interface AttemptEvents<C> {
  made(connected: C): void
  failed(error: unknown): void
  /** @param reason - why, if it was not closed in order */
  lost(reason: Error | undefined): void
}

/** One attempt to connect, and the connection that comes of it. @internal */
export class Attempt<S extends ClientServed> {
  readonly #endpoint: IStreamClientEndpoint
  readonly #served: S
  readonly #events: AttemptEvents<Connected<S>>
  readonly #prepare: ((connected: Connected<S>) => unknown) | undefined
  readonly #controller = new AbortController()
  #socket: Socket | undefined
  #closeTimeout = 0

  /**
   * @param events - none of them comes before this has returned
   * @param prepare - what the connection is made for only if it succeeds
   */
  constructor(
    endpoint: IStreamClientEndpoint,
    served: S,
    events: AttemptEvents<Connected<S>>,
    prepare?: (connected: Connected<S>) => unknown,
  ) {
    this.#endpoint = endpoint
    this.#served = served
    this.#events = events
    this.#prepare = prepare
    this.#run()
  }

  /**
   * Gives it up; or tells the connection of its end, and closes it when what was
   * written has been sent, after `timeout` seconds in any case. Called again it does
   * nothing.
   */
  end(timeout: number): void {
    if (this.#controller.signal.aborted) return
    this.#closeTimeout = timeout
    this.#controller.abort()
    this.#hangUp()
  }

  async #run(): Promise<void> {
    let connected: Connected<S>
    try {
      connected = await this.#connect()
      await this.#prepared(connected)
    } catch (error) {
      if (!this.#controller.signal.aborted) this.#socket?.destroy()
      await closeOf(this.#socket)
      this.#events.failed(error)
      return
    }
    this.#events.made(connected)
    await closeOf(this.#socket)
    this.#events.lost(this.#socket?.errored ?? undefined)
  }

  async #connect(): Promise<Connected<S>> {
    const { signal } = this.#controller
    const connecting = this.#endpoint.connect(this.#served, signal)
    const connected = await Promise.race([connecting, untilAborted(signal)])
    if (connected === undefined) {
      // An endpoint that doesn't heed the signal holds nobody up; what it brings is closed.
      connecting.then(
        (late) => this.#socketOf(late).destroy(),
        () => {},
      )
      throw new CancelledError()
    }
    this.#socket = this.#socketOf(connected)
    if (signal.aborted) this.#hangUp()
    return connected
  }

  async #prepared(connected: Connected<S>): Promise<void> {
    const { signal } = this.#controller
    const prepare = this.#prepare
    if (prepare === undefined || signal.aborted) return
    // It may wait for an answer that can't come any more.
    const lost = closeOf(this.#socket).then(() => {
      throw this.#socket?.errored ?? new Error('the connection was lost while it was prepared')
    })
    await Promise.race([Promise.resolve(connected).then(prepare), lost])
    if (signal.aborted) throw new CancelledError()
  }

  #hangUp(): void {
    const socket = this.#socket
    if (socket === undefined || socket.closed) return
    const timer = setTimeout(() => socket.destroy(), this.#closeTimeout * 1000)
    socket.once('close', () => clearTimeout(timer))
    sendAndHangUp(socket)
  }

  #socketOf(connected: Connected<S>): Socket {
    if (typeof this.#served === 'function') return connected as Socket
    return (connected as Protocol).transport.socket
  }
}

/** Resolves when it is aborted, and whoever heeds it has had the time to. */
function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setImmediate(resolve, undefined), { once: true })
  })
}

async function closeOf(socket: Socket | undefined): Promise<void> {
  if (socket === undefined || socket.closed) return
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}
