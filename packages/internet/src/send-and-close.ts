import type { Socket } from 'node:net'

/** How long a peer that talks has to hear that it is over, in ms. */
const LINGER = 1000

/**
 * Closes a connection when all that was written has been sent. What the peer has sent is
 * read and dropped meanwhile: a socket that is closed with something unread in it resets
 * the connection, and what is still on its way is lost with that. So one who has said
 * something has a moment to close its own end; the others are not waited for.
 *
 * @internal
 */
export function sendAndClose(socket: Socket): void {
  if (socket.destroyed) return
  // What the system has taken already is as good as there: to look whether the client
  // talks would cost a short poem a fifth more.
  if (socket.writableLength === 0 && socket.bytesRead === 0) {
    socket.destroySoon()
    return
  }
  socket.resume()
  socket.end()
  if (socket.writableFinished) linger.call(socket)
  else socket.once('finish', linger)
}

// Shared by all sockets: a closure for each would cost more.
function linger(this: Socket): void {
  if (this.bytesRead === 0 || this.readableEnded) {
    this.destroy()
    return
  }
  const timer = setTimeout(() => this.destroy(), LINGER)
  this.once('close', () => clearTimeout(timer))
}
