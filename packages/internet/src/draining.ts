import { setMaxListeners } from 'node:events'

/** What one port has to say to those it serves. */
export interface ConnectionContext {
  /**
   * Aborted when this process is to end and another serves new connections already:
   * a connection that is meant to last should come to its end soon, such as with a
   * WebSocket's close frame, before it is cut. Made when it is first looked at.
   */
  readonly draining: AbortSignal
}

/** The drain of one port. @internal */
export class Draining implements ConnectionContext {
  /** Whether it has begun. */
  begun = false
  #controller: AbortController | undefined

  get draining(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      // Every connection may listen to it.
      setMaxListeners(0, this.#controller.signal)
      if (this.begun) this.#controller.abort()
    }
    return this.#controller.signal
  }

  begin(): void {
    this.begun = true
    this.#controller?.abort()
  }
}
