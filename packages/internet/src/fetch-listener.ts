import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { FetchHandler, HTTPListener } from './http-handler.ts'

/**
 * Has a handler of the Fetch standard's requests answer those of Node: what {@link
 * HTTPServer} does with one, for a listener around it. Each call is a listener of its own.
 *
 * @param handler - what answers
 * @returns a listener, whose promise rejects with what `fetch` throws or its body fails
 * with; what can't be a request of that standard, for its address is none or has a password
 * in it or the method is TRACE, is answered with status 400
 *
 * @example
 * import { fetchListener, type HTTPListener, log } from 'runnerd'
 *
 * const hello = fetchListener({ fetch: () => new Response('hello\n') })
 * export const logged: HTTPListener = (request, response, context) => {
 *   log.msg(`asked for ${request.url}`)
 *   return hello(request, response, context)
 * }
 */
export function fetchListener(handler: FetchHandler): HTTPListener {
  return async (request, response, context) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const asked = requestOf(request, gone.signal)
    if (asked === undefined) {
      response.writeHead(400).end()
      return
    }
    if (asked.body !== null && request.httpVersionMajor > 1) stopUploadAfterAnswer(request)
    await send(await handler.fetch(asked, context), request, response)
  }
}

/** Nothing that begins another part of an address: its sender would choose the path by it. */
const HOST = /^[^\s/?#@\\]+$/

/** Those that a `Request` can't have. */
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/i

/** `undefined` for what can't be one. */
function requestOf(request: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = 'GET', rawHeaders, url = '/', socket } = request
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    // What HTTP/2 has instead of a request line.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[at + 1] as string)
  }
  const scheme = 'encrypted' in socket ? 'https' : 'http'
  const host = String(request.headers[':authority'] ?? request.headers.host ?? '') || 'localhost'
  const origin = `${scheme}://${host}`
  // A proxy's client sends the whole address; OPTIONS may ask for `*`.
  const address = url.startsWith('/') ? `${origin}${url}` : url === '*' ? origin : url
  if (!HOST.test(host) || FORBIDDEN.test(method) || !isAddress(address)) return undefined
  if (method === 'GET' || method === 'HEAD') {
    return new Request(address, { method, headers, signal })
  }
  const { Readable } = process.getBuiltinModule('node:stream')
  const body = Readable.toWeb(request) as unknown as NonNullable<RequestInit['body']>
  return new Request(address, { method, headers, signal, body, duplex: 'half' } as RequestInit)
}

/** Whether a `Request` can have it: one with a user or a password it can't. */
function isAddress(address: string): boolean {
  if (!URL.canParse(address)) return false
  if (!address.includes('@')) return true
  const { username, password } = new URL(address)
  return username === '' && password === ''
}

/** What HTTP/2 has not (RFC 9113, 8.2.2), and who passes on another's answer may have in it. */
const OF_THE_CONNECTION = new Set(
  'connection keep-alive proxy-connection transfer-encoding upgrade'.split(' '),
)

/**
 * Has a client of HTTP/2 leave out the rest of what nobody reads, once it has the whole
 * answer: RFC 9113, 8.1. Node does that for a request that was not touched.
 */
function stopUploadAfterAnswer(request: IncomingMessage): void {
  const { stream } = request as unknown as Http2ServerRequest
  // The response says that it has finished when all is over.
  stream.once('finish', () => {
    if (!request.readableEnded) stream.close()
  })
}

async function send(
  answer: Response,
  { method, httpVersionMajor }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Node takes the status 0 for 200 in HTTP/2.
  if (answer.type === 'error') throw new TypeError('A Response.error() is none that can be sent')
  const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie')
  const cookies = answer.headers.getSetCookie()
  if (httpVersionMajor === 1) {
    const all = [...headers.flat(), ...cookies.flatMap((value) => ['set-cookie', value])]
    response.writeHead(answer.status, answer.statusText || undefined, all)
  } else {
    const known = headers.filter(([name]) => !OF_THE_CONNECTION.has(name))
    const all = cookies.length > 0 ? [...known, ['set-cookie', cookies]] : known
    response.writeHead(answer.status, Object.fromEntries(all))
  }
  if (answer.body === null || method === 'HEAD') {
    await answer.body?.cancel()
    response.end()
    return
  }
  const { Readable, promises } = process.getBuiltinModule('node:stream')
  const body: Readable = Readable.fromWeb(answer.body as ReadableStream)
  try {
    await promises.pipeline(body, response)
  } catch (error) {
    // A client that has gone away is nobody's fault, and has its signal.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}
