import type { Socket } from 'node:net'

/** Where a socket is in its list. */
const AT: unique symbol = Symbol('at')

type Listed = Socket & { [AT]?: number | undefined }

/**
 * The sockets of somebody that are open, in no order. A `Set` would be as quick by
 * itself: but when it has seen as many go as it holds it makes a new table, and the old
 * one, which the garbage collector takes much later, keeps what was in it until then.
 * Half of what the collector did for short connections came of that.
 *
 * @internal
 */
export class OpenSockets {
  readonly #sockets: Listed[] = []

  get size(): number {
    return this.#sockets.length
  }

  /** A socket is in one list at most, and once. */
  add(socket: Listed): void {
    socket[AT] = this.#sockets.length
    this.#sockets.push(socket)
  }

  /** Does nothing if it isn't in the list. */
  delete(socket: Listed): void {
    const at = socket[AT]
    if (at === undefined) return
    socket[AT] = undefined
    const last = this.#sockets.pop()
    if (last === undefined || last === socket) return
    this.#sockets[at] = last
    last[AT] = at
  }

  /** Those there are now, whatever becomes of them meanwhile. */
  [Symbol.iterator](): Iterator<Socket> {
    return [...this.#sockets].values()
  }
}
