import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { earlyResponse } from '@runnerd/internet/early-answer'
import { refuseRequest } from '@runnerd/internet/http-refusal'
import { log } from '@runnerd/logging'
import { type Complaint, complaintOf, isUnforeseen } from '../complaint.ts'
import { ExitStatus } from '../exit-status.ts'
import { requestTarget } from '../request-target.ts'
import { SILENCE_HEADER } from './ask.ts'
import type { Controlled } from './controlled.ts'
import { sayToTheEnd } from './last-answer.ts'
import { type Answer, LastAnswer, PageAnswer, routes } from './routes.ts'

/** How long a client may take to say what it wants, in ms. */
const HURRY = 5000

/** How long a client may take none of its answer, in ms. */
const PATIENCE = 10_000

/** How often a client is told that its answer is still to come, in ms. */
const PULSE = 1000

/** What is answered at once. */
const LOOKS = ['GET', 'HEAD']

/** The largest head and body of a request, in bytes. */
const MOST_HEAD = 8192
const MOST_BODY = 65_536

/**
 * Makes the HTTP server of the control socket. It listens nowhere: connections
 * are given to it with `emit('connection', socket)`, which node:http documents, so
 * that Node's HTTP is loaded only when somebody asks something.
 *
 * Each connection is one request. Whatever comes in ends nothing but itself.
 */
export function makeHttpServer(controlled: Controlled): Server {
  const http = process.getBuiltinModule('node:http')
  const ServerResponse = earlyResponse(http)
  const options = { maxHeaderSize: MOST_HEAD, keepAlive: false, ServerResponse }
  const server = http.createServer(options, listener(controlled))
  server.on('clientError', refuseRequest)
  // The server's own timeouts are checked only while it listens.
  server.on('connection', (socket: Socket) => {
    // What has come while this process stood still is read before it is too late for it.
    const late = (): unknown => setImmediate(() => deadlines.has(socket) && socket.destroy())
    const deadline = setTimeout(late, HURRY).unref()
    deadlines.set(socket, deadline)
    socket.on('close', () => clearTimeout(deadline))
  })
  return server
}

/** When a client must have said what it wants. */
const deadlines = new WeakMap<Socket, NodeJS.Timeout>()

function listener(controlled: Controlled): RequestListener {
  return (request, response) => {
    response.setHeader('Connection', 'close')
    answer(controlled, request, response).catch((error) => {
      // Whoever went away in the middle is owed nothing.
      if (request.socket.destroyed) return
      if (isUnforeseen(error)) log.err(error, `Cannot answer ${request.method} ${request.url}`)
      refuse(response, complaintOf(error, 'cannot answer'))
    })
  }
}

async function answer(
  controlled: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await read(request)
  if (body === undefined) return refuse(response, usage('the request is too large'), 413)
  clearTimeout(deadlines.get(request.socket))
  deadlines.delete(request.socket)
  const { path, query } = requestTarget(request.url)
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (methods === undefined) return refuse(response, usage('there is no such path'), 404)
  const method = request.method ?? ''
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (route === undefined) {
    response.setHeader('Allow', Object.keys(methods).join(', '))
    return refuse(response, usage(`${path} takes ${Object.keys(methods).join(' or ')}`), 405)
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const asked = { query, headers: request.headers, body, signal: gone.signal }
  const silence = path === '/stop' ? controlled.silence : undefined
  const beat = LOOKS.includes(method) ? undefined : showLife(request, silence)
  try {
    send(response, await route(controlled, asked))
  } finally {
    clearInterval(beat)
  }
}

/**
 * What was asked for may take its time: a client is told that it is being seen to, and
 * for how many seconds nothing at all may be heard.
 */
function showLife(
  { httpVersion, socket }: IncomingMessage,
  silence: number | undefined,
): NodeJS.Timeout | undefined {
  if (httpVersion !== '1.1') return undefined
  const head = silence === undefined ? '' : `${SILENCE_HEADER}: ${Math.ceil(silence)}\r\n`
  // What Node has for it writes no headers.
  const show = (): unknown => socket.write(`HTTP/1.1 102 Processing\r\n${head}\r\n`)
  show()
  return setInterval(show, PULSE).unref()
}

/** `undefined` for more than is taken. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MOST_BODY) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

/** Answers a request that has no answer yet. */
export function send(response: ServerResponse, answer: Answer): void {
  if (answer instanceof PageAnswer) {
    const { code, type, body, headers = {} } = answer.page
    response.statusCode = code
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.setHeader('Content-Type', type)
    reply(response, body)
    return
  }
  response.setHeader('Content-Type', 'application/json')
  if (typeof answer === 'string') reply(response, answer)
  else if (answer instanceof LastAnswer) sayToTheEnd(response, readable(answer.report))
  else if (!('pipe' in answer)) reply(response, readable(answer))
  else {
    response.setTimeout(PATIENCE, () => response.destroy())
    pipeline(answer, response, () => {})
  }
}

/** Somebody reads it with curl. */
function readable(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

function reply(response: ServerResponse, body: string): void {
  const text = Buffer.from(body)
  response.setTimeout(PATIENCE, () => response.destroy())
  response.setHeader('Content-Length', text.length).end(text)
}

function refuse(response: ServerResponse, complaint: Complaint, code = codeFor(complaint)): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = code
  response.setHeader('Content-Type', 'application/json')
  reply(response, readable(complaint))
}

function usage(reason: string): Complaint {
  return { line: `cannot answer: ${reason}`, status: ExitStatus.USAGE }
}

function codeFor({ status }: Complaint): number {
  if (status === ExitStatus.USAGE) return 400
  if (status === ExitStatus.TEMPFAIL || status === ExitStatus.UNAVAILABLE) return 503
  return 500
}
