import { UsageError } from '@runnerd/options'
import { type IService, MultiService } from '@runnerd/service'
import type { ConnectionListener } from './accept.ts'
import { EndpointStringError, saidOf } from './endpoint-string-error.ts'
import type { Factory } from './factory.ts'
import type { FetchHandler, HTTPListener } from './http-handler.ts'
import { HTTPServer, type HTTPServerOptions } from './http-server.ts'
import type { StreamServerOptions } from './i-endpoint.ts'
import { type ListenValues, listenEndpoints } from './listen-endpoints.ts'
import { type SocketServed, SocketServer } from './socket-server.ts'
import { strports } from './strports.ts'

/**
 * Makes the service that listens as the options of {@link listenOptions} say.
 *
 * @param options - their values, as `makeService` has them
 * @param served - what serves the connections: a factory, or a function of a socket
 * @param more - what else the servers are to be told
 * @returns the server, or a collection of them if there are several
 * @throws {@link UsageError} naming the option that is wrong and the part of it;
 * {@link TLSFileError} if a key or certificate can't be read or used
 *
 * @example
 * import { listenService } from 'runnerd'
 *
 * const options = { listen: ['tcp:7000'], 'default-port': 7000, 'max-connections': 9, timeout: 0 }
 * const service = listenService(options, (socket) => socket.end('hello\n'))
 */
export function listenService(
  options: ListenValues,
  served: Factory | ConnectionListener,
  more: StreamServerOptions = {},
): IService {
  return onEach(options, more, (endpoint, all) => strports.service(endpoint, served, all))
}

/**
 * Makes the service that answers HTTP where the options of {@link listenOptions} say, with
 * HTTPS and HTTP/2 on `ssl:`.
 *
 * @param options - their values, as `makeService` has them
 * @param handler - what answers, as {@link HTTPServer} takes it
 * @param more - what else the servers are to be told
 * @returns the server, or a collection of them if there are several
 * @throws what {@link listenService} throws
 *
 * @example
 * import { defineServiceMaker, listenHTTPService, listenOptions } from 'runnerd'
 *
 * export const hello = defineServiceMaker({
 *   tapname: 'hello-web',
 *   description: 'Says hello to browsers.',
 *   options: { ...listenOptions({ port: 8080 }) },
 *   makeService: (options) =>
 *     listenHTTPService(options, (_request, response) => response.end('hello\n')),
 * })
 */
export function listenHTTPService(
  options: ListenValues,
  handler: HTTPListener | FetchHandler,
  more: HTTPServerOptions = {},
): IService {
  return onEach(options, more, (endpoint, all) => new HTTPServer(endpoint, handler, all))
}

/**
 * Makes the service that listens for streams and for datagrams where the options say, of
 * a plugin whose `listen` has the word `endpoint: 'socket'`. A `--port` is both.
 *
 * @param options - their values, as `makeService` has them; the limits are of streams
 * @param served - what serves the one kind and what the other
 * @param more - what else the servers of streams are to be told
 * @returns the server, or a collection of them if there are several
 * @throws what {@link listenService} throws
 *
 * @example
 * import {
 *   type Address,
 *   DatagramProtocol,
 *   defineServiceMaker,
 *   listenOptions,
 *   listenSocketService,
 * } from 'runnerd'
 *
 * class Echo extends DatagramProtocol {
 *   override datagramReceived(data: Buffer, address: Address): void {
 *     this.transport.write(data, address)
 *   }
 * }
 *
 * const options = listenOptions({ port: 7 })
 *
 * export const echo = defineServiceMaker({
 *   tapname: 'echo',
 *   description: 'Says what it hears.',
 *   options: { ...options, listen: { ...options.listen, endpoint: 'socket' } },
 *   makeService: (options) =>
 *     listenSocketService(options, {
 *       stream: (socket) => void socket.pipe(socket),
 *       datagrams: () => new Echo(),
 *     }),
 * })
 */
export function listenSocketService(
  options: ListenValues,
  served: SocketServed,
  more: StreamServerOptions = {},
): IService {
  const make = (endpoint: string, all: StreamServerOptions): IService =>
    new SocketServer(endpoint, served, all)
  return onEach(options, more, make, true)
}

function onEach<O extends StreamServerOptions>(
  options: ListenValues,
  more: O,
  make: (endpoint: string, options: O) => IService,
  hasDatagrams = false,
): IService {
  const all = { ...more, ...limitsOf(options) }
  const services = listenEndpoints(options, hasDatagrams).map((endpoint) => {
    try {
      return make(endpoint, all)
    } catch (error) {
      throw error instanceof EndpointStringError ? saidOf('--listen', error) : error
    }
  })
  const [only] = services
  if (only !== undefined && services.length === 1) return only
  const top = new MultiService()
  for (const service of services) void service.setServiceParent(top)
  return top
}

/** As long as a timer can be set for, in seconds. */
const LONGEST = 2_147_483

function limitsOf({
  'max-connections': maxConnections,
  timeout,
}: ListenValues): StreamServerOptions {
  if (!Number.isInteger(maxConnections) || maxConnections < 0) {
    throw new UsageError(
      `cannot use --max-connections ${maxConnections}: it must be a whole number from 0`,
    )
  }
  if (timeout < 0 || timeout > LONGEST) {
    throw new UsageError(`cannot use --timeout ${timeout}: it must be from 0 to ${LONGEST} seconds`)
  }
  return { maxConnections, timeout }
}
