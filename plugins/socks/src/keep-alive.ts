import type { Socket } from 'node:net'

/** When a connection is asked whether it still lives, in ms without a byte; and from what age on. */
const KEEP_ALIVE = 60_000

/**
 * Has the system ask whether the other ends are still there, of connections that last. It
 * takes four calls of the system for each, and most connections are over before that.
 *
 * @returns to be cleared when they are closed
 * @see SO_KEEPALIVE of socket(7), TCP_KEEPIDLE of tcp(7)
 */
export function keepAlive(...sockets: readonly Socket[]): NodeJS.Timeout {
  return setTimeout(() => {
    for (const socket of sockets) socket.setKeepAlive(true, KEEP_ALIVE)
  }, KEEP_ALIVE)
}
