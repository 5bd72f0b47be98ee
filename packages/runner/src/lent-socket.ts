import { type BoundHandle, boundSocket, inheritedSocket } from '@runnerd/internet/sockets'
import type { WantedSocket } from './generation-channel.ts'

/**
 * The socket that this process has for it, if any, for another process to have too: one
 * that a service has, or that came with this process and nobody has used yet.
 */
export async function lentSocket({ spec, nth }: WantedSocket): Promise<BoundHandle | undefined> {
  const socket = boundSocket(spec, nth)
  if (socket === undefined) return nth === 0 ? await inheritedSocket(spec) : undefined
  socket.shared = true
  return socket.handle
}
