import type { Socket } from 'node:net'

/** More than any request has, in bytes: what comes beyond is left where it is meanwhile. */
const ENOUGH = 4096

/**
 * Holds what a client says first. It takes all that comes until its end: that costs half
 * of what it costs to ask the socket for each piece, and to pause it is as dear again.
 */
export class ClientReader {
  /** What has come and was not dropped. */
  held: Buffer = NOTHING
  readonly #socket: Socket
  readonly #changed: () => void
  readonly #take = (bytes: Buffer): void => {
    this.held = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    if (this.held.length > ENOUGH) this.#socket.pause()
    this.#changed()
  }

  /** @param changed called when something has come, and when no more will */
  constructor(socket: Socket, changed: () => void) {
    this.#socket = socket
    this.#changed = changed
    socket.on('data', this.#take).on('end', changed).on('close', changed)
  }

  /** Whether nothing more will come. */
  get hasEnded(): boolean {
    return this.#socket.readableEnded || this.#socket.destroyed
  }

  /** Leaves out what was read. */
  drop(count: number): void {
    this.held = this.held.length === count ? NOTHING : this.held.subarray(count)
  }

  /**
   * Leaves what is to come to whoever listens now. Called again it does nothing.
   *
   * @returns what came and was not dropped
   */
  end(): Buffer {
    this.#socket.off('data', this.#take).off('end', this.#changed).off('close', this.#changed)
    const rest = this.held
    this.held = NOTHING
    return rest
  }
}

const NOTHING = Buffer.alloc(0)
