import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type ProxyHeader, ProxyHeaderError, readProxyHeader } from './proxy-header.ts'

/**
 * Reads the header of the PROXY protocol that a connection begins with. What follows
 * it is still to be read.
 *
 * @param signal - aborted when it takes too long
 * @throws ProxyHeaderError if there is none
 */
export async function takeProxyHeader(socket: Socket, signal: AbortSignal): Promise<ProxyHeader> {
  let data = Buffer.alloc(0)
  for (;;) {
    const chunk = socket.read() as Buffer | null
    if (chunk !== null) {
      data = Buffer.concat([data, chunk])
      const header = readProxyHeader(data)
      if (header !== undefined) {
        if (data.length > header.length) socket.unshift(data.subarray(header.length))
        return header
      }
    }
    if (socket.readableEnded || socket.destroyed) throw new ProxyHeaderError('it ends too early')
    await readable(socket, signal)
  }
}

/** Waits until there is something to read, or never will be. */
async function readable(socket: Socket, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const { signal: done } = over
  const either = AbortSignal.any([signal, done])
  try {
    await Promise.race([
      once(socket, 'readable', { signal: either }),
      once(socket, 'end', { signal: either }),
      once(socket, 'close', { signal: either }),
    ])
  } catch {
    throw new ProxyHeaderError('it does not come')
  } finally {
    over.abort()
  }
}
