import type { Server, Socket } from 'node:net'
import type { Acceptor, ConnectionListener } from './accept.ts'
import { type ConnectionContext, Draining } from './draining.ts'
import { PortLimits } from './port-limits.ts'

/** An acceptor with a server of its own. @internal */
export type ServingAcceptor = Acceptor & Required<Pick<Acceptor, 'createServer'>>

/** Of an endpoint that tells nobody of its drain. */
const NEVER = new AbortController().signal

/**
 * Has an acceptor be a function of a socket too: all that an endpoint of a third party
 * can call which accepts connections by itself. It holds them to the limits, and ends
 * them; one that passes on what it was given, to an endpoint of ours, loses nothing.
 *
 * @internal
 */
export function callableAcceptor(acceptor: ServingAcceptor): Acceptor & ConnectionListener {
  // One for each port, which is drained on its own.
  const servers = new WeakMap<AbortSignal, Server>()
  const serve: ConnectionListener = (socket: Socket, context?: ConnectionContext): void => {
    const signal = context?.draining ?? NEVER
    const server = servers.get(signal) ?? serverUntil(signal, acceptor)
    servers.set(signal, server)
    server.emit('connection', socket)
    // Whoever has read something first, such as a header of the PROXY protocol, put back
    // the rest and may have paused it: nobody else would let it go on.
    if (socket.isPaused()) socket.resume()
  }
  // Its name, too, which a function has already and can't be assigned.
  return Object.defineProperties(serve, Object.getOwnPropertyDescriptors(acceptor)) as Acceptor &
    ConnectionListener
}

function serverUntil(signal: AbortSignal, acceptor: ServingAcceptor): Server {
  const draining = new Draining()
  const server = acceptor.createServer(draining, new PortLimits({}))
  if (signal.aborted) draining.begin()
  else signal.addEventListener('abort', () => draining.begin(), { once: true })
  return server
}
