import type { Socket } from 'node:net'

/**
 * How many bytes of a new connection are on their way at once, and safe: ten segments
 * (RFC 6928). To look whether the client talks would cost a short poem a fifth more.
 */
const FIRST_WINDOW = 14_000

/** How often it is looked whether the peer still talks, in ms. */
const PAUSE = 1000

/** How often at most: a peer that never stops is cut. */
const MOST_PAUSES = 30

/**
 * Closes a connection when all that was written has been sent. What the peer says is
 * read and dropped meanwhile: the system resets a connection that is closed with
 * something unread in it, or that gets something after it was closed, and what is still
 * on its way is lost with that. So the peer has a moment to close its own end, and a
 * longer one as long as it talks.
 *
 * @internal
 */
export function sendAndClose(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.bytesWritten <= FIRST_WINDOW && socket.bytesRead === 0) {
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
  if (this.readableEnded) {
    this.destroy()
    return
  }
  let [seen, pauses] = [this.bytesRead, 0]
  const timer = setInterval(() => {
    pauses += 1
    if (this.bytesRead === seen || pauses === MOST_PAUSES) this.destroy()
    seen = this.bytesRead
  }, PAUSE)
  this.once('close', () => clearInterval(timer))
}
