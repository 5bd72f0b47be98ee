import type { Socket } from 'node:net'

/**
 * How many bytes of a new connection are on their way at once, and safe: ten segments
 * (RFC 6928). To look whether the client talks would cost a short poem a fifth more.
 */
const FIRST_WINDOW = 14_000

/** How often it is looked whether the peer still talks, in ms. */
const PAUSE = 1000

/** The same in a stop, for which everybody waits. */
const SHORT_PAUSE = 100

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
  endAnd(socket, linger)
}

/**
 * The same in a stop, for a connection that somebody else serves: he hears nothing more,
 * no end either, which he would take for that of what the peer had to say; and he may
 * write what he likes. Whoever calls this says when it takes too long.
 *
 * @internal
 */
export function sendAndHangUp(socket: Socket): void {
  if (socket.destroyed) return
  // Node gives to `push` what it has read; and takes a `write` for a mistake, after
  // which it closes the connection before all is sent.
  Object.assign(socket, { push: drop })
  endAndLinger(socket)
  Object.assign(socket, { write: tooLate, end: tooLate })
  // Whoever served it may have paused it.
  socket._read(0)
}

/**
 * The same for a connection whose peer is being read already.
 *
 * @internal
 */
export function endAndLinger(socket: Socket): void {
  if (!socket.destroyed) endAnd(socket, lingerShortly)
}

function endAnd(socket: Socket, next: (this: Socket) => void): void {
  socket.end()
  if (socket.writableFinished) next.call(socket)
  else socket.once('finish', next)
}

// Shared by all sockets: a closure for each would cost more.
function linger(this: Socket): void {
  closeWhenSilent(this, PAUSE, MOST_PAUSES)
}

function lingerShortly(this: Socket): void {
  closeWhenSilent(this, SHORT_PAUSE, Number.POSITIVE_INFINITY)
}

function closeWhenSilent(socket: Socket, pause: number, most: number): void {
  if (socket.readableEnded || ENDED in socket) {
    socket.destroy()
    return
  }
  let [seen, pauses] = [socket.bytesRead, 0]
  const look = (): void => {
    pauses += 1
    if (socket.bytesRead === seen || pauses === most) socket.destroy()
    seen = socket.bytesRead
  }
  // What has come while this process was busy is read first: it is no silence of the peer.
  const timer = setInterval(setImmediate, pause, look)
  // The socket keeps the process up, unless somebody has said that it is not to.
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}

const ENDED: unique symbol = Symbol('ended')

/** In the place of a `push`: nobody is there for it. */
function drop(this: Socket, data: Buffer | null): boolean {
  if (data !== null) return true
  if (this.writableFinished) this.destroy()
  else Object.assign(this, { [ENDED]: true })
  return true
}

/** In the place of a `write` or `end`: it has no room for more. */
function tooLate(...args: unknown[]): boolean {
  const callback = args.at(-1)
  if (typeof callback === 'function') {
    const error = new Error('The connection is being closed')
    process.nextTick(callback, Object.assign(error, { code: 'ERR_STREAM_WRITE_AFTER_END' }))
  }
  return false
}
