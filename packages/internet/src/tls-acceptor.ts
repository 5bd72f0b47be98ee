import type { Server, Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { log } from '@runnerd/logging'
import type { Acceptor } from './accept.ts'
import { OpenSockets } from './open-sockets.ts'

/** How long a client may take to agree on keys, in ms. */
const HANDSHAKE = 30_000

/**
 * Gives connections to another acceptor once they have TLS.
 *
 * @internal
 */
export function tlsAcceptor(inner: Acceptor, options: TlsOptions): Acceptor {
  // One port has one server; a port that is bound again makes another.
  const secured = new WeakMap<Server, OpenSockets>()
  return {
    name: inner.name,
    factory: inner.factory,
    layer: 'tls',
    createServer(context, limits) {
      const server = process
        .getBuiltinModule('node:tls')
        .createServer({ handshakeTimeout: HANDSHAKE, ...options })
      const sockets = new OpenSockets()
      secured.set(server, sockets)
      const forget = (socket: Socket): void => sockets.delete(socket)
      server.on('secureConnection', (socket) => {
        sockets.add(socket)
        limits.watch(socket)
        inner.accept(socket, forget, context)
      })
      server.on('tlsClientError', logHandshake)
      return server
    },
    accept(socket, onClose) {
      socket.on('close', () => onClose(socket))
      return undefined
    },
    hangUp(_sockets, server) {
      inner.hangUp(secured.get(server) ?? [], server)
    },
  }
}

/** Whoever scans for open ports makes many of them. @internal */
export function logHandshake(error: Error, { remoteAddress = 'somebody' }: TLSSocket): void {
  log.debug(`No TLS with ${remoteAddress}: ${error.message}`)
}
