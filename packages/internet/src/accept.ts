import type { Server, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { callSafely } from './call-safely.ts'
import { connectTo } from './connection.ts'
import type { ConnectionContext, Draining, Placed } from './draining.ts'
import { errorOf } from './error-of.ts'
import { Factory } from './factory.ts'
import type { PortLimits } from './port-limits.ts'
import type { Protocol } from './protocol.ts'
import { sendAndHangUp } from './send-and-close.ts'

/**
 * A plain function that serves a connection; called once for each. An error it
 * throws, or that its promise rejects with, is logged and the connection destroyed.
 * What the socket itself reports as an error, such as a reset, is not logged and
 * ends nothing but the connection.
 *
 * The second argument tells, by its signal `draining`, when a connection that is
 * meant to last should come to its end; see {@link ConnectionContext}.
 *
 * @example
 * import type { ConnectionListener } from 'runnerd'
 *
 * export const echo: ConnectionListener = (socket) => {
 *   socket.pipe(socket)
 * }
 */
export type ConnectionListener = (socket: Socket, context: ConnectionContext) => void

/** What makes something of new connections. @internal */
export interface Acceptor {
  /** What it is called in the log. */
  readonly name: string
  readonly factory: Factory
  /** What the connections have besides TCP. */
  readonly layer?: 'tls' | undefined
  /** What takes connections, if not a plain server. It holds them to the timeout itself. */
  createServer?(context: Draining, limits: PortLimits): Server
  /** The same with TLS, where that is more than a layer under it. */
  withTLS?(options: TlsOptions): Promise<Acceptor>
  /**
   * Serves a connection, and calls `onClose` when it is closed. One that could not be
   * served is destroyed with the reason as its error.
   *
   * @returns the protocol, if there is one
   */
  accept(socket: Socket, onClose: (socket: Socket) => void, context: Placed): Protocol | undefined
  /** Has the connections end as soon as can be; what takes too long is cut. */
  hangUp(sockets: Iterable<Socket>, server: Server): void
}

/**
 * @param unnamed - what one without a name is called in the log
 * @throws TypeError if it is neither a factory nor a function
 *
 * @internal
 */
export function acceptorOf(
  served: Factory | ConnectionListener | Acceptor,
  unnamed: string,
): Acceptor {
  if (isAcceptor(served)) return served
  if (typeof served === 'function') {
    if (isFactory(served.prototype)) throw new TypeError(`Pass a new ${served.name}, not the class`)
    return listenerAcceptor(served, unnamed)
  }
  if (!isFactory(served)) throw new TypeError('Pass a factory or a function of a socket')
  const name = served.constructor.name || unnamed
  return { name, factory: served, accept: connectTo(served, name), hangUp }
}

function isAcceptor(value: unknown): value is Acceptor {
  return typeof (value as Partial<Acceptor> | null | undefined)?.hangUp === 'function'
}

function isFactory(value: unknown): value is Factory {
  return typeof (value as Partial<Factory> | null | undefined)?.buildProtocol === 'function'
}

function listenerAcceptor(listener: ConnectionListener, unnamed: string): Acceptor {
  const name = listener.name || unnamed
  return {
    name,
    factory: new Factory(),
    hangUp,
    accept(socket, onClose, context) {
      socket.on('close', () => onClose(socket))
      // A client that resets its connection must not end the process.
      socket.on('error', ignore)
      callSafely(
        name,
        () => listener(socket, context),
        (error) => socket.destroy(errorOf(error)),
      )
      return undefined
    },
  }
}

/** Closes each when all that was written has been sent. */
function hangUp(sockets: Iterable<Socket>): void {
  for (const socket of sockets) sendAndHangUp(socket)
}

function ignore(): void {}
