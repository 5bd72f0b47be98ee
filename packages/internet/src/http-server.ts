import type { ServerOptions as TLSOptions } from 'node:https'
import { fetchListener } from './fetch-listener.ts'
import { httpAcceptor } from './http-acceptor.ts'
import type { FetchHandler, HTTPListener, UpgradeListener } from './http-handler.ts'
import { TCPServer, type TCPServerOptions } from './tcp-server.ts'

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

  /** What `https.createServer` takes, `key` and `cert` at least: HTTPS instead of HTTP. */
  readonly tls?: TLSOptions | undefined

  /** Takes over connections for another protocol, such as WebSocket. */
  readonly upgrade?: UpgradeListener | undefined
}

/** Where an `HTTPServer` listens, if a port number alone doesn't say it. */
export interface HTTPListen {
  /** 0 has the system choose one. */
  readonly port: number

  /** As the option of that name; this one wins. */
  readonly interface?: string | undefined
}

/**
 * A service that answers HTTP requests on a TCP port while it runs. What holds of
 * `TCPServer` holds of it: when it binds and listens, and its `address`.
 *
 * `drain`, which a reload calls, loses no request: no connection is closed that a
 * client may be about to use, each further answer says `Connection: close`, and
 * what comes all the same is answered. Connections that were upgraded, and answers
 * without an end, are told by `context.draining`.
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
 */
export class HTTPServer extends TCPServer {
  /**
   * @param listen - a port number, 0 has the system choose one; or an object with it
   * @param handler - what answers: a function of Node's request and response, or an
   * object with `fetch`
   * @param options - where and how it listens
   * @throws TypeError if there is no port number, or `handler` is neither; RangeError
   * with Node's code ERR_SOCKET_BAD_PORT if the port is not an integer from 0 to 65535
   */
  constructor(
    listen: number | HTTPListen,
    handler: HTTPListener | FetchHandler,
    options: HTTPServerOptions = {},
  ) {
    const place = typeof listen === 'object' && listen !== null ? listen : { port: listen }
    const { keepAliveTimeout = KEEP_ALIVE, tls, upgrade } = options
    const acceptor = httpAcceptor({
      name: nameOf(handler),
      listener: listenerOf(handler),
      upgrade,
      tls,
      keepAliveTimeout: keepAliveTimeout * 1000,
    })
    super(place.port, acceptor as never, { ...options, ...placeOf(place) })
  }
}

function placeOf({ interface: name }: HTTPListen): TCPServerOptions {
  return name === undefined ? {} : { interface: name }
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
