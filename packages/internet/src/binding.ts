import type { IListeningPort } from './i-endpoint.ts'

/** What {@link Binding} has: bound, not yet accepting. @internal */
export type Bound = Pick<IListeningPort, 'startListening' | 'stopListening'>

/**
 * The port of a service from start to stop: bound once however often it is asked
 * for, and given back whenever, also while it is being bound.
 *
 * @internal
 */
export class Binding<P extends Bound> {
  readonly #bind: () => Promise<P>
  #binding: Promise<P> | undefined
  #port: P | undefined
  #listening: Promise<void> | undefined

  constructor(bind: () => Promise<P>) {
    this.#bind = bind
  }

  /** It, while it is bound. */
  get port(): P | undefined {
    return this.#port
  }

  async take(): Promise<P> {
    this.#binding ??= this.#bind()
    const binding = this.#binding
    try {
      const port = await binding
      if (this.#binding === binding) this.#port = port
      return port
    } catch (error) {
      if (this.#binding === binding) this.#binding = undefined
      throw error
    }
  }

  /**
   * Has it accept, once however often it is asked for, unless it was given back while the
   * rest of the tree was starting.
   */
  async listen(port: P): Promise<void> {
    if (this.#port !== port) return
    this.#listening ??= port.startListening()
    await this.#listening
  }

  async giveBack(): Promise<void> {
    const binding = this.#binding
    this.#binding = undefined
    const port = await binding?.catch(() => undefined)
    this.#port = undefined
    this.#listening = undefined
    await port?.stopListening()
  }
}
