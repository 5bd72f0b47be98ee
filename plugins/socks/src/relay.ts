import type { Socket } from 'node:net'
import { keepAlive } from './keep-alive.ts'

/**
 * Passes on what either side sends, as fast as the other takes it, until both have
 * ended; each may end on its own. A side that breaks off breaks the other, unless it had
 * sent all it had to: then that still comes.
 *
 * @param rest what of the client was read already; it may be flowing, or paused
 */
export function relay(client: Socket, remote: Socket, rest: Buffer): void {
  const timer = keepAlive(client, remote)
  follow(client, remote, timer)
  follow(remote, client, timer)
  if (rest.length > 0) remote.write(rest)
  pass(client, remote)
  pass(remote, client)
}

/** What `pipe` does, without the listeners that it needs where either may be anything. */
function pass(from: Socket, to: Socket): void {
  from.on('data', (bytes: Buffer) => {
    if (!to.write(bytes)) from.pause()
  })
  to.on('drain', () => from.resume())
  if (from.readableEnded) to.end()
  else from.on('end', () => to.end())
  from.resume()
}

/** How long one side may take nothing of what was sent to it when the other is gone, in ms. */
const LINGER = 30_000

function follow(one: Socket, other: Socket, whileBothLast: NodeJS.Timeout): void {
  // It is told of by 'close'.
  one.on('error', ignore)
  one.on('close', () => {
    clearTimeout(whileBothLast)
    if (other.destroyed) return
    if (!one.readableEnded) {
      breakOff(other)
      return
    }
    other.destroySoon()
    // Any other limit that it has is for when both are there.
    other.removeAllListeners('timeout').setTimeout(LINGER, () => other.destroy())
  })
}

function ignore(): void {}

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
