import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { sendAndClose } from './send-and-close.ts'

/** Node's class, but that no last answer is lost whose request is still being sent. @internal */
export function earlyResponse(http: typeof import('node:http')): typeof ServerResponse {
  return class extends http.ServerResponse {
    // Node keeps here whether it closes the connection as soon as it has answered.
    declare _last: boolean

    // Node calls it when all is sent, and closes the connection next, if this is the last.
    override detachSocket(socket: Socket): void {
      super.detachSocket(socket)
      if (!this._last || this.req.complete) return
      this._last = false
      hearOut(socket, sendAndClose)
    }
  } as unknown as typeof ServerResponse
}

/**
 * Has an answer stay so whatever class its handler gives it, as Express does: what is its own
 * it keeps. For those whose request has a body; for each it would cost something.
 *
 * @internal
 */
export function stayEarly({ method }: IncomingMessage, response: ServerResponse): void {
  if (method !== 'GET') Object.assign(response, { detachSocket: response.detachSocket })
}

/**
 * Closes a connection whose client has its last answer and still sends what it asked with.
 * Node's parser hears none of it: another request may follow.
 *
 * @internal
 */
export function hearOut(socket: Socket, close: (socket: Socket) => void): void {
  socket.removeAllListeners('data')
  // The parser has Node's read for itself until somebody else listens.
  socket.on('data', drop)
  close(socket)
  // Whoever has read a part of the body may have paused it.
  socket.resume()
  socket._read(0)
}

function drop(): void {}
