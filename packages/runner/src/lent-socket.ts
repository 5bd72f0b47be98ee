import { type BoundHandle, boundSocket } from '@runnerd/internet/sockets'
import type { WantedSocket } from './generation-channel.ts'

/** The socket that this process has for it, if any, for another process to have too. */
export function lentSocket({ spec, nth }: WantedSocket): BoundHandle | undefined {
  const socket = boundSocket(spec, nth)
  if (socket !== undefined) socket.shared = true
  return socket?.handle
}
