import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { portforward } from '@runnerd/portforward'
import { startService } from '@runnerd/testkit'

/** A destination that a test has made, and the connections that came to it. */
export interface Peer {
  readonly port: number
  /** The next connection, of those that nobody has taken yet. */
  next(): Promise<Socket>
}

/** Listens on a port of localhost, or on a path; connections may be half open. */
export async function listening(
  t: TestContext,
  server: Server = net.createServer({ allowHalfOpen: true }),
  at: number | string = 0,
  event = 'connection',
): Promise<Peer> {
  const sockets: Socket[] = []
  const waiting: ((socket: Socket) => void)[] = []
  const all = new Set<Socket>()
  server.on(event, (socket: Socket) => {
    all.add(socket)
    socket.on('error', () => {})
    const take = waiting.shift()
    if (take) take(socket)
    else sockets.push(socket)
  })
  if (typeof at === 'string') server.listen(at)
  else server.listen(at, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of all) socket.destroy()
  })
  const next = (): Promise<Socket> => {
    const socket = sockets.shift()
    return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve))
  }
  return { port: (server.address() as AddressInfo).port, next }
}

/** A forwarder of this process. */
export interface Forwarder {
  readonly port: number
  /** What it has logged. */
  log(): readonly string[]
  line(pattern: RegExp): Promise<string>
  stop(): Promise<void>
}

/** Forwards from a port of localhost; stopped after the test. */
export async function forwarding(
  t: TestContext,
  destination: string,
  options: Record<string, unknown> = {},
): Promise<Forwarder> {
  const started = await startService(portforward, { port: 0, destination, ...options })
  t.after(() => started.stop())
  return {
    port: started.address().port,
    log: () => started.log,
    line: (pattern) => started.line(pattern),
    stop: () => started.stop(),
  }
}

/** A client that may be half open; gone after the test. */
export function client(t: TestContext, port: number, host = '127.0.0.1'): Socket {
  const socket = net.connect({ port, host, allowHalfOpen: true })
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return socket
}

/** All that comes until the other side has ended. */
export async function all(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (data) => {
    text += String(data)
  })
  if (!socket.readableEnded) await once(socket, 'end')
  return text
}

/** Waits until it is closed, and tells by which error. */
export async function closed(socket: Socket): Promise<string | undefined> {
  socket.resume()
  // One that may be half open stays so until it ends too.
  socket.on('end', () => socket.end())
  if (socket.readableEnded) socket.end()
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return (socket.errored as NodeJS.ErrnoException | null)?.code
}
