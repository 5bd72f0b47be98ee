import { setMaxListeners } from 'node:events'
import type { Address } from './address.ts'

/** What one port has to say to those it serves. */
export interface ConnectionContext {
  /**
   * Aborted when this port accepts no more connections, for another process serves
   * them already or all is being stopped: a connection that is meant to last should come
   * to its end soon, such as with a WebSocket's close frame, before it is cut. Made when
   * it is first looked at.
   *
   * All connections of a port have the same one: take your listener away when yours is
   * closed, or it is kept, with all that it holds, for as long as the port is.
   */
  readonly draining: AbortSignal
}

/** What is known of a connection that its socket doesn't tell. @internal */
export interface Placed extends ConnectionContext {
  /** Where its own end is; of a port, where that listens. */
  readonly local?: Address | undefined
  /** Who is at the other end. */
  readonly peer?: Address | undefined
}

/** The drain of one port. @internal */
export class Draining implements Placed {
  /** Whether it has begun. */
  begun = false
  /** Where the port is, where that is known. */
  readonly local: Address | undefined
  #controller: AbortController | undefined
  readonly #callbacks: (() => void)[] = []

  constructor(local?: Address) {
    this.local = local
  }

  get draining(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      // Every connection may listen to it.
      setMaxListeners(0, this.#controller.signal)
      if (this.begun) this.#controller.abort()
    }
    return this.#controller.signal
  }

  /** Has `callback` called when it begins. */
  onBegin(callback: () => void): void {
    this.#callbacks.push(callback)
  }

  begin(): void {
    if (this.begun) return
    this.begun = true
    for (const callback of this.#callbacks) callback()
    this.#controller?.abort()
  }
}
