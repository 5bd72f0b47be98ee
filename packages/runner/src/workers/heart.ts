import type { GenerationChannel } from '../generation-channel.ts'
import { pulseOf } from './worker-terms.ts'

/**
 * Tells whoever has started this worker, again and again, that its event loop turns.
 * It costs a timer and some 50 bytes a second, and nothing where anybody is served.
 */
export class Heart {
  readonly #channel: GenerationChannel
  #isSending = false

  constructor(channel: GenerationChannel) {
    this.#channel = channel
  }

  /** @param timeout how long it may be silent, in seconds; 0 for as long as it likes */
  start(timeout: number): void {
    if (timeout === 0) return
    setInterval(() => {
      // Nothing piles up for somebody who is halted.
      if (!this.#isSending) void this.beat()
    }, pulseOf(timeout) * 1000).unref()
  }

  /**
   * Once, now; resolves when it is with the system.
   *
   * @param mayBeSilent whether it is no fault if nothing comes from now on until it beats again
   */
  async beat(mayBeSilent: boolean = isInspected()): Promise<void> {
    this.#isSending = true
    await this.#channel.tell('beat', { mayBeSilent })
    this.#isSending = false
  }
}

/** A debugger may have it stand still, at a breakpoint. */
function isInspected(): boolean {
  return (
    process.features.inspector && process.getBuiltinModule('node:inspector').url() !== undefined
  )
}
