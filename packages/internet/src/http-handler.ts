import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionContext } from './draining.ts'

/**
 * A function that answers a request as Node's `http` has it; called once for each.
 * An error that it throws, or that its promise rejects with, is logged, and
 * answered with status 500 if nothing has been sent yet; else the connection is cut.
 *
 * @example
 * import type { HTTPListener } from 'runnerd'
 *
 * export const hello: HTTPListener = (request, response) => {
 *   response.end(`hello from ${request.url}\n`)
 * }
 */
export type HTTPListener = (
  request: IncomingMessage,
  response: ServerResponse,
  context: ConnectionContext,
) => unknown

/**
 * What answers a request by the names of the Fetch standard: an object with `fetch`,
 * as frameworks such as Hono make it. The request's `signal` is aborted when the
 * client goes away. Errors are treated as those of an {@link HTTPListener}.
 *
 * @example
 * import type { FetchHandler } from 'runnerd'
 *
 * export const hello: FetchHandler = {
 *   fetch: (request) => new Response(`hello from ${new URL(request.url).pathname}\n`),
 * }
 */
export interface FetchHandler {
  /** Answers one request. */
  fetch(request: Request, context: ConnectionContext): Response | Promise<Response>
}

/**
 * Takes over a connection whose client asks for another protocol, such as WebSocket:
 * Node's `upgrade` event, for what a library like `ws` calls `handleUpgrade`. From
 * then on the connection is its own; `context.draining` tells when to end it. An error
 * that it throws, or that its promise rejects with, is logged and the connection
 * destroyed; what the socket reports as an error is not logged.
 *
 * @example
 * import type { UpgradeListener } from 'runnerd'
 *
 * export const refuse: UpgradeListener = (_request, socket) => {
 *   socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n\r\n')
 * }
 */
export type UpgradeListener = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  context: ConnectionContext,
) => unknown

/** What a server answers by itself. */
export interface HTTPRefusal {
  /**
   * 400 for what is no request, 408 for what took too long, 413 or 431 for what is too
   * large; 400 for a request of HTTP/1.1 without `Host` too, 417 for one that expects what
   * nobody does.
   */
  readonly status: number
  /** The connection it came on. */
  readonly socket: Socket
  /**
   * The answer that has this status: to a request that could be read, its `req`. One that
   * the handler was about to give, if what is wrong is in the body, is never sent.
   */
  readonly response: ServerResponse | undefined
}
