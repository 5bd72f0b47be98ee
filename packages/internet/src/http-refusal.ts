import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HTTPRefusal } from './http-handler.ts'
import { sendAndClose } from './send-and-close.ts'

const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT'

/** What Node says to its own errors; to all others of its parser it says 400. */
const ANSWERS: Readonly<Record<string, string>> = {
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  [TOO_LATE]: '408 Request Timeout',
}

/**
 * Refuses what is no request, in Node's words. Node closes the connection at once, and what
 * the client still sends then has the system reset it, with which the answer may be lost: here
 * that is read and dropped for a while (RFC 9112, section 9.6). A client that has taken too
 * long to say what it wants is given no more time.
 *
 * @param refused - told of the answer, before it is sent; the control socket has nobody to tell
 *
 * @internal
 */
export function refuseRequest(
  { code = '' }: NodeJS.ErrnoException,
  stream: Duplex,
  refused?: (refusal: HTTPRefusal) => void,
): void {
  const socket = stream as Socket & { readonly _httpMessage?: ServerResponse | null }
  // What is wrong below HTTP, in TLS say, is nothing to answer.
  if (code !== TOO_LATE && !code.startsWith('HPE_')) {
    socket.destroy()
    return
  }
  const isClosing = socket.writableEnded
  const current = socket._httpMessage
  if (socket.writable && current?.headersSent !== true) {
    const answer = ANSWERS[code] ?? '400 Bad Request'
    refused?.({ status: Number.parseInt(answer, 10), socket, response: current ?? undefined })
    socket.write(`HTTP/1.1 ${answer}\r\nConnection: close\r\n\r\n`)
  }
  if (code === TOO_LATE || current) socket.destroy()
  // Each further piece of what is dropped is an error too.
  else if (!isClosing) sendAndClose(socket)
}

/**
 * Whether a request lacks what it must have: RFC 9112, section 3.2. Node's own servers look
 * too, but tell nobody; its server of HTTP/2 doesn't look at those of HTTP/1.1.
 *
 * @internal
 */
export function lacksHost(request: IncomingMessage): boolean {
  const { httpVersionMajor, httpVersionMinor } = request
  return httpVersionMajor === 1 && httpVersionMinor === 1 && request.headers.host === undefined
}
