import type { Socket } from 'node:net'

/** How long a client has to read the last that it is told, in ms. */
const LINGER = 2000

/**
 * Sends the last that a client is told, and closes. What it sends meanwhile is read
 * and dropped: a connection that is closed with something unread is reset, and the
 * client may never see what it was told.
 */
export function hangUp(socket: Socket, bytes: Buffer): void {
  socket.end(bytes)
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.on('close', () => clearTimeout(timer))
}
