import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { callSafely } from './call-safely.ts'
import type { ServingAcceptor } from './callable-acceptor.ts'
import type { Draining } from './draining.ts'
import { earlyResponse, stayEarly } from './early-answer.ts'
import { Factory } from './factory.ts'
import { HTTPConnections } from './http-connections.ts'
import type { HTTPListener, HTTPRefusal, UpgradeListener } from './http-handler.ts'
import type { Patience } from './http-patience.ts'
import { lacksHost, refuseRequest } from './http-refusal.ts'

/** How an acceptor serves HTTP. @internal */
export interface HTTPService {
  readonly name: string
  readonly listener: HTTPListener
  readonly upgrade: UpgradeListener | undefined
  readonly refused: ((refusal: HTTPRefusal) => void) | undefined
  readonly http2: boolean
  readonly allowHalfOpen: boolean
  /** In ms. */
  readonly keepAliveTimeout: number
  readonly patience: Patience
}

/** @internal */
export function httpAcceptor(service: HTTPService): ServingAcceptor {
  // One port has one server; a port that is bound again makes another.
  const connectionsOf = new WeakMap<object, HTTPConnections>()
  return {
    name: service.name,
    factory: new Factory(),
    createServer(context, limits) {
      // Loaded for whoever serves HTTP, and for nobody else.
      const http = process.getBuiltinModule('node:http')
      const { keepAliveTimeout, patience } = service
      const server = http.createServer({
        ...patience,
        keepAliveTimeout,
        requireHostHeader: false,
        ServerResponse: earlyResponse(http),
      })
      serveHalfClosed(server, service)
      const connections = new HTTPConnections(context, keepAliveTimeout)
      const silence = limits.silenceWatch()
      server.on('connection', (socket: Socket) => {
        connections.add(socket)
        silence?.watch(socket)
      })
      if (service.upgrade !== undefined) {
        // Whoever serves it then may have another idea of how long it may be silent.
        server.on('upgrade', (_request, socket: Socket) => {
          silence?.forget(socket)
          limits.watch(socket)
        })
      }
      serveRequests(server, service, context, connections)
      connectionsOf.set(server, connections)
      return server
    },
    async withTLS(options) {
      const { httpsAcceptor } = await import('./https-acceptor.ts')
      return httpsAcceptor(service, options)
    },
    accept(socket, onClose) {
      socket.on('close', () => onClose(socket))
      return undefined
    },
    hangUp(_sockets, server) {
      connectionsOf.get(server)?.hangUp()
    },
  }
}

/** Whether those who end what they send still get what they have asked for. @internal */
export function serveHalfClosed(server: object, { allowHalfOpen }: HTTPService): void {
  // Node hears of it in no other way.
  Object.assign(server, { httpAllowHalfOpen: allowHalfOpen })
}

/** Has the requests that a server receives answered. @internal */
export function serveRequests(
  server: Pick<Server, 'on'>,
  { name, listener, upgrade, refused }: HTTPService,
  context: Draining,
  connections: HTTPConnections,
): void {
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    callSafely(
      name,
      () => listener(request, response, context),
      () => fail(response),
    )
  const tell = (refusal: HTTPRefusal): void => callSafely(name, () => refused?.(refusal), ignore)
  const refuse = (status: number, request: IncomingMessage, response: ServerResponse): void => {
    tell({ status, socket: request.socket, response })
    response.statusCode = status
    response.end()
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor === 1) {
      connections.began(request.socket, response)
      stayEarly(request, response)
    }
    if (lacksHost(request)) {
      response.shouldKeepAlive = false
      refuse(400, request, response)
    }
    // What was sent in one go with it is a request too: the last is to be told.
    else if (context.begun) setImmediate(answer, request, response)
    else answer(request, response)
  })
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor === 1) connections.began(request.socket, response)
    refuse(417, request, response)
  })
  server.on('clientError', (error: Error, stream: Duplex) => refuseRequest(error, stream, tell))
  if (upgrade === undefined) return
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    connections.upgraded(socket)
    socket.on('error', ignore)
    callSafely(
      name,
      () => upgrade(request, socket, head, context),
      () => socket.destroy(),
    )
  })
}

function fail(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy()
  removeHeaders(response, OF_THE_BODY)
  try {
    sayFailure(response)
  } catch {
    // It may be a header that was set which can't be sent.
    removeHeaders(response, response.getHeaderNames())
    sayFailure(response)
  }
}

/** What was said of the answer that did not come to be. */
const OF_THE_BODY = ['content-length', 'content-encoding', 'content-range', 'transfer-encoding']

/** Node says no length by itself, and keeps no connection, once one was removed. */
function sayFailure(response: ServerResponse): void {
  const text = 'Internal Server Error\n'
  response.writeHead(500, { 'Content-Type': 'text/plain', 'Content-Length': text.length }).end(text)
}

function removeHeaders(response: ServerResponse, names: readonly string[]): void {
  for (const name of names) if (response.hasHeader(name)) response.removeHeader(name)
}

function ignore(): void {}
