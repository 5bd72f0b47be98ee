import type { TlsOptions } from 'node:tls'
import { callableAcceptor } from './callable-acceptor.ts'
import { checkPort } from './check-port.ts'
import { fetchListener } from './fetch-listener.ts'
import { httpAcceptor } from './http-acceptor.ts'
import type { FetchHandler, HTTPListener, HTTPRefusal, UpgradeListener } from './http-handler.ts'
import { inMs, patienceOf } from './http-patience.ts'
import type { IStreamServerEndpoint } from './i-endpoint.ts'
import { serverFromString } from './server-from-string.ts'
import { StreamServerEndpointService } from './stream-server-endpoint-service.ts'
import { type TCPServerOptions, tcpEndpoint } from './tcp-server.ts'
import { TLSContext } from './tls-context.ts'

/** Node's own default, in seconds. */
const KEEP_ALIVE = 5

/** Where and how an `HTTPServer` listens. */
export interface HTTPServerOptions extends TCPServerOptions {
  /** How many seconds a stop waits for requests that are being answered. Default 0.5. */
  readonly closeTimeout?: number | undefined

  /**
   * How many seconds a connection stays open for the next request; clients are told.
   * Default 5. A drain takes no longer than this and the answers that are under way.
   */
  readonly keepAliveTimeout?: number | undefined

  /**
   * How many seconds a client may take for the head of a request; then it is answered
   * with status 408, and the connection closed. Default 60; 0 is any time. HTTP/1.1 only:
   * a client of HTTP/2 that falls silent is closed by `timeout`.
   */
  readonly headersTimeout?: number | undefined

  /** The same for the whole request, its body too. Default 300; 0 is any time. */
  readonly requestTimeout?: number | undefined

  /**
   * What `tls.createServer` takes, `key` and `cert` at least: HTTPS instead of HTTP on a
   * port number. The endpoint `ssl:` says it itself, with files.
   */
  readonly tls?: TlsOptions | undefined

  /**
   * Whether clients that ask for it in TLS get HTTP/2; the others get HTTP/1.1. Default
   * `true`. Its requests and responses are those of Node's compatibility API, with which
   * not every framework can do: Express can't.
   */
  readonly http2?: boolean | undefined

  /**
   * Whether a client that has ended what it sends, as `nc -N` does, gets its answer all the
   * same. Default `false`, Node's own: nothing tells such a client from one that has gone
   * away, and the answer is closed for either. With `true` one that is gone is found out
   * by what is sent to it, and by `timeout`: for answers that don't keep it waiting.
   */
  readonly allowHalfOpen?: boolean | undefined

  /** Takes over connections for another protocol, such as WebSocket. */
  readonly upgrade?: UpgradeListener | undefined

  /** Told of each answer that the server gives by itself, before that is sent: for a log. */
  readonly refused?: ((refusal: HTTPRefusal) => void) | undefined
}

/** Where an `HTTPServer` listens, if a port number alone doesn't say it. */
export interface HTTPListen {
  /** 0 has the system choose one. */
  readonly port: number

  /** As the option of that name; this one wins. */
  readonly interface?: string | undefined
}

/**
 * A service that answers HTTP requests while it runs: a {@link
 * StreamServerEndpointService}, with what holds of that: when it binds and listens, and
 * its `address`.
 *
 * `drain`, which a reload calls, loses no request: no connection is closed that a
 * client may be about to use, each further answer says `Connection: close`, and
 * what comes all the same is answered. A client of HTTP/2 is told by GOAWAY
 * while it waits for an answer, and gets it. Connections that were upgraded, and answers without an end, are told by
 * `context.draining`.
 *
 * `stopService` lets requests that are being answered end, within `closeTimeout`.
 *
 * @throws {@link CannotListenError} from either half of the start if the port can't
 * be had
 *
 * @example
 * import { HTTPServer, MultiService } from 'runnerd'
 *
 * const top = new MultiService()
 * new HTTPServer(8080, (_request, response) => response.end('hello\n')).setServiceParent(top)
 * const app = { fetch: (request: Request) => new Response(`you asked for ${request.url}\n`) }
 * new HTTPServer(8081, app, { interface: 'localhost' }).setServiceParent(top)
 * new HTTPServer('unix:hello.sock', app).setServiceParent(top)
 */
export class HTTPServer extends StreamServerEndpointService {
  /**
   * @param listen - a port number, 0 has the system choose one; or an object with it; or
   * an endpoint string as {@link serverFromString} takes it, with HTTPS for `ssl:`
   * @param handler - what answers: a function of Node's request and response, or an
   * object with `fetch`
   * @param options - where and how it listens
   * @throws TypeError if there is no port number, or `handler` is neither; RangeError if a
   * limit is no number or negative, and with Node's code ERR_SOCKET_BAD_PORT if the port is not an
   * integer from 0 to 65535; what `serverFromString` throws
   */
  constructor(
    listen: number | string | HTTPListen,
    handler: HTTPListener | FetchHandler,
    options: HTTPServerOptions = {},
  ) {
    const { keepAliveTimeout = KEEP_ALIVE, http2 = true, allowHalfOpen = false } = options
    const acceptor = httpAcceptor({
      name: nameOf(handler),
      listener: listenerOf(handler),
      upgrade: options.upgrade,
      refused: options.refused,
      http2,
      allowHalfOpen,
      keepAliveTimeout: inMs('keepAliveTimeout', keepAliveTimeout),
      patience: patienceOf(options),
    })
    super(endpointOf(listen, options), callableAcceptor(acceptor), options)
  }
}

function endpointOf(
  listen: number | string | HTTPListen,
  options: HTTPServerOptions,
): IStreamServerEndpoint {
  if (typeof listen === 'string') return serverFromString(listen)
  const place = typeof listen === 'object' && listen !== null ? listen : { port: listen }
  checkPort(place.port)
  const own = place.interface === undefined ? {} : { interface: place.interface }
  const tls = options.tls && new TLSContext(undefined, options.tls)
  return tcpEndpoint(place.port, { ...options, ...own }, tls)
}

function listenerOf(handler: HTTPListener | FetchHandler): HTTPListener {
  if (typeof handler === 'function') return handler
  if (typeof (handler as Partial<FetchHandler> | null)?.fetch === 'function') {
    return fetchListener(handler)
  }
  throw new TypeError('Pass a function of a request and a response, or an object with fetch')
}

function nameOf(handler: HTTPListener | FetchHandler): string {
  return (typeof handler === 'function' && handler.name) || 'HTTPServer'
}
