import type { Socket } from 'node:net'

/** What is left to be sent when the other side has gone may take so long, in ms. */
const LINGER = 60_000

/**
 * Joins two connections: what one sends the other gets, no faster than it reads, and
 * each direction ends by itself. One that breaks breaks the other too, so that nobody
 * takes half of what was sent for all of it.
 *
 * Both must allow being half open.
 */
export function splice(one: Socket, other: Socket): void {
  one.pipe(other)
  other.pipe(one)
  endTogether(one, other)
  endTogether(other, one)
}

function endTogether(one: Socket, other: Socket): void {
  // One with TLS says so when that breaks, and then ends as if it were whole.
  one.once('error', (error) => one.destroy(error))
  const onClose = (): void => {
    if (other.destroyed) return
    if (!one.readableEnded || one.errored) cut(other)
    // It has all there is, and sends what it has not sent yet.
    else if (!other.timeout) other.setTimeout(LINGER, () => other.destroy())
  }
  if (one.destroyed) onClose()
  else one.once('close', onClose)
}

/** Ends a connection so that the other end knows it for broken, where TCP can tell. */
function cut(socket: Socket): void {
  const isPlainTCP = socket.remoteFamily !== undefined && !('encrypted' in socket)
  if (isPlainTCP) socket.resetAndDestroy()
  else socket.destroy()
}
