import type { ServerOptions } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Server as HTTPSServer } from 'node:https'
import type { TLSSocket, TlsOptions } from 'node:tls'
import type { Acceptor } from './accept.ts'
import { earlyResponse } from './early-answer.ts'
import { Factory } from './factory.ts'
import { type HTTPService, serveHalfClosed, serveRequests } from './http-acceptor.ts'
import { HTTPConnections } from './http-connections.ts'
import { HTTP2Sessions } from './http2-sessions.ts'
import { logHandshake } from './tls-acceptor.ts'

/** How long a client may take to agree on keys, in ms. */
const HANDSHAKE = 30_000

/** How many requests of one client of HTTP/2 are answered at a time; Node's default is any number. */
const STREAMS = 128

/**
 * What one client of HTTP/2 may have waiting to be sent, in MB, before Node refuses what else
 * it asks. Node's default is 10, which forty answers fill that are written in pieces of 256 kB.
 */
const MEMORY = STREAMS / 2

/** The connections of one server, by the version of HTTP that they speak. */
interface Open {
  readonly connections: HTTPConnections
  readonly sessions: HTTP2Sessions
}

/** Serves HTTP with TLS: HTTP/2 to clients that ask for it, where the service has it. @internal */
export function httpsAcceptor(service: HTTPService, options: TlsOptions): Acceptor {
  const openOf = new WeakMap<object, Open>()
  return {
    name: service.name,
    factory: new Factory(),
    layer: 'tls',
    createServer(context, { timeout }) {
      const server = makeServer(service, options)
      server.keepAliveTimeout = service.keepAliveTimeout
      server.timeout = timeout
      serveHalfClosed(server, service)
      const connections = new HTTPConnections(context, service.keepAliveTimeout)
      const sessions = new HTTP2Sessions(context, service.keepAliveTimeout)
      server.on('secureConnection', (socket: TLSSocket) => {
        if (socket.alpnProtocol === 'h2') return
        // Those of HTTP/2 end their streams one by one, and the connection when all is over.
        socket.allowHalfOpen = service.allowHalfOpen
        connections.add(socket)
      })
      server.on('session', (session) => sessions.add(session))
      server.on('tlsClientError', logHandshake)
      serveRequests(server, service, context, connections)
      openOf.set(server, { connections, sessions })
      return server
    },
    accept(socket, onClose) {
      socket.on('close', () => onClose(socket))
      return undefined
    },
    hangUp(_sockets, server) {
      const open = openOf.get(server)
      open?.connections.hangUp()
      open?.sessions.hangUp()
    },
  }
}

/** Either kind, with what both have. */
type Server = (HTTPSServer & Http2SecureServer) & { keepAliveTimeout: number }

function makeServer({ http2, patience }: HTTPService, tls: TlsOptions): Server {
  const http = process.getBuiltinModule('node:http')
  const ServerResponse = earlyResponse(http)
  const own = { handshakeTimeout: HANDSHAKE, ...tls, ...patience }
  if (!http2) {
    const options: ServerOptions = { ServerResponse, requireHostHeader: false }
    return process
      .getBuiltinModule('node:https')
      .createServer({ ...own, ...options }) as unknown as Server
  }
  const server = process.getBuiltinModule('node:http2').createSecureServer({
    ...own,
    allowHTTP1: true,
    Http1ServerResponse: ServerResponse,
    settings: { maxConcurrentStreams: STREAMS },
    maxSessionMemory: MEMORY,
  }) as unknown as Server
  // Of its options it takes none of these for those that speak HTTP/1.1.
  return Object.assign(server, patience)
}
