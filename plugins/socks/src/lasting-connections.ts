import type { Socket } from 'node:net'

/** When a connection is asked whether it still lives, in ms without a byte. */
const KEEP_ALIVE = 60_000

/** How often it is looked which connections last, in ms: one does that is seen twice. */
const EVERY = 30_000

/**
 * Has the system ask, of connections that last, whether the other end is still there. It
 * takes four calls of the system for each, and most connections are over before that.
 *
 * @see SO_KEEPALIVE of socket(7), TCP_KEEPIDLE of tcp(7)
 */
export class LastingConnections {
  #new = new Set<Socket>()
  #seen = new Set<Socket>()
  #timer: NodeJS.Timeout | undefined

  add(socket: Socket): void {
    this.#new.add(socket)
    this.#timer ??= setInterval(() => this.#look(), EVERY).unref()
  }

  /** It is closed. */
  delete(socket: Socket): void {
    if (!this.#new.delete(socket)) this.#seen.delete(socket)
  }

  #look(): void {
    for (const socket of this.#seen) socket.setKeepAlive(true, KEEP_ALIVE)
    this.#seen = this.#new
    this.#new = new Set()
    if (this.#seen.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** Those of this process. */
export const lasting = new LastingConnections()
