import { once } from 'node:events'
import net, { type Socket } from 'node:net'

/** Connects, and rejects with the system's error if it is refused. */
export async function connectTo(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = net.connect(port, host)
  await once(socket, 'connect')
  return socket
}

/** Everything that is sent until the connection is closed. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function fetchFrom(port: number, host?: string): Promise<string> {
  return String(await readAll(await connectTo(port, host)))
}

/** Resolves when the connection is closed, in order or not. */
export async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {})
  // Not events.once, which rejects on an error.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}
