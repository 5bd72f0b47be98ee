import type { Duplex } from 'node:stream'

/** How long a client has to read the last that it is told, in ms. */
const LINGER = 2000

/**
 * Closes after what was written. What the client sends meanwhile is read and dropped: a
 * connection that is closed with something unread is reset, and the client may never see
 * what it was told.
 */
export function hangUp(stream: Duplex): void {
  if (stream.destroyed) return
  stream.end()
  stream.resume()
  const timer = setTimeout(() => stream.destroy(), LINGER)
  stream.once('close', () => clearTimeout(timer))
}
