import type { Socket } from 'node:net'

/**
 * Passes on what either side sends, as fast as the other takes it, until both have
 * ended; each may end on its own. A side that breaks off breaks the other, unless it had
 * sent all it had to: then that still comes.
 */
export function relay(client: Socket, remote: Socket): void {
  follow(client, remote)
  follow(remote, client)
  client.pipe(remote)
  remote.pipe(client)
}

/** How long one side has to take what was sent to it when the other is gone, in ms. */
const LINGER = 30_000

function follow(one: Socket, other: Socket): void {
  // It is told of by 'close'.
  one.on('error', () => {})
  one.on('close', () => {
    if (other.destroyed) return
    if (!one.readableEnded) {
      breakOff(other)
      return
    }
    other.destroySoon()
    const timer = setTimeout(() => other.destroy(), LINGER)
    other.on('close', () => clearTimeout(timer))
  })
}

/**
 * So that nobody takes half of what was sent for all of it. A connection that isn't one
 * of TCP itself, under TLS or of a UNIX socket, has no reset.
 */
function breakOff(socket: Socket): void {
  try {
    socket.resetAndDestroy()
  } catch {
    socket.destroy()
  }
}
