import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Draining } from './draining.ts'
import { hearOut } from './early-answer.ts'
import { endAndLinger, sendAndHangUp } from './send-and-close.ts'

/** How long a client that was told of the end may still send something, in ms. */
const LINGER = 1000

const STATE: unique symbol = Symbol('http')

/** What is known of one connection. */
interface State {
  readonly of: HTTPConnections
  /** The answer to what was asked last; it may have been sent. */
  latest: ServerResponse | undefined
  /** Whether somebody has taken it over for another protocol. */
  isUpgraded: boolean
  /** Whether it is Node's to close when it has been idle for too long. */
  isUsed: boolean
}

type HTTPSocket = Socket & { [STATE]?: State }

/**
 * The connections of one HTTP server, as they come to their end without anybody
 * losing an answer: each further answer says `Connection: close`, and none is
 * closed before its client could know.
 *
 * @internal
 */
export class HTTPConnections {
  readonly #open = new Set<HTTPSocket>()
  readonly #context: Draining
  readonly #keepAliveTimeout: number
  #isHangingUp = false

  /** @param keepAliveTimeout in ms: what clients are told that they have */
  constructor(context: Draining, keepAliveTimeout: number) {
    this.#context = context
    this.#keepAliveTimeout = keepAliveTimeout
    context.onBegin(() => this.#drain())
  }

  add(socket: HTTPSocket): void {
    socket[STATE] = { of: this, latest: undefined, isUsed: false, isUpgraded: false }
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
  }

  /** A request has come on it. */
  began(socket: HTTPSocket, response: ServerResponse): void {
    const state = socket[STATE]
    if (state === undefined) return
    state.latest = response
    state.isUsed = true
    if (this.#context.begun) tellOfEnd(response)
  }

  /** It is no HTTP any more. */
  upgraded(socket: HTTPSocket): void {
    if (socket[STATE]) Object.assign(socket[STATE], { isUsed: true, isUpgraded: true })
  }

  /** An answer has been sent, or given up; there may be others under way. */
  answered(socket: HTTPSocket, response: ServerResponse): void {
    if (isAnswering(socket)) return
    if (this.#isHangingUp) closeIdle(socket)
    // Its client was told that this is the end, and may have asked something meanwhile.
    else if (LAST in response) setTimeout(() => closeIdle(socket), LINGER).unref()
  }

  /** Closes each as soon as what was asked on it is answered. */
  hangUp(): void {
    this.#isHangingUp = true
    for (const socket of this.#open) closeIdle(socket)
  }

  /**
   * Node closes those that were used when they have been idle for as long as their
   * clients were told. The others get the same time.
   */
  #drain(): void {
    // Before this nobody needs to know when it is sent, and the listener would cost something.
    for (const socket of this.#open) {
      const { latest } = socket[STATE] ?? {}
      if (latest?.closed === false) tellOfEnd(latest)
    }
    const closeFresh = (): void => {
      for (const socket of this.#open) if (isFresh(socket)) socket.destroySoon()
    }
    setTimeout(closeFresh, this.#keepAliveTimeout).unref()
  }
}

// Shared by all answers, which find their connection through `this`.
function onAnswered(this: ServerResponse): void {
  const socket = this.req.socket as HTTPSocket
  socket[STATE]?.of.answered(socket, this)
}

function isAnswering(socket: HTTPSocket): boolean {
  return socket[STATE]?.latest?.closed === false
}

function closeIdle(socket: HTTPSocket): void {
  if (isAnswering(socket)) return
  const { isUpgraded, latest } = socket[STATE] ?? {}
  // A client that still sends would be reset, and might not have read its answer.
  if (isUpgraded) sendAndHangUp(socket)
  else if (latest?.req.complete !== false) socket.destroySoon()
  else if (isRead(latest.req)) endAndLinger(socket)
  else hearOut(socket, endAndLinger)
}

/** Whether somebody still takes what a request brings, be it slowly. */
function isRead(request: IncomingMessage): boolean {
  return request.listenerCount('data') > 0 || request.listenerCount('readable') > 0
}

/** Nothing was asked on it yet, nor begun to be. */
function isFresh(socket: HTTPSocket): boolean {
  return !socket[STATE]?.isUsed && ('encrypted' in socket || socket.bytesRead === 0)
}

const LAST: unique symbol = Symbol('last')

/** As an answer is here. */
interface Answer extends ServerResponse {
  writeHead(...args: unknown[]): this
  /** Node keeps here whether it closes the connection as soon as it has answered. */
  _last: boolean
  [LAST]?: true
}

/**
 * Has an answer tell its client of the drain, and the connection closed when it was sent.
 * It is said to the answer and not to its class: Express gives it another one.
 */
function tellOfEnd(latest: ServerResponse): void {
  const answer = latest as Answer
  answer.on('close', onAnswered)
  const own = Object.hasOwn(answer, 'writeHead') ? answer.writeHead : undefined
  answer.writeHead = (...args) => {
    const write = own ?? Object.getPrototypeOf(answer).writeHead
    const state = (answer.req.socket as HTTPSocket)[STATE]
    // An answer before the last goes without: those after it would be lost.
    if (!answer.shouldKeepAlive || state?.latest !== answer) return write.apply(answer, args)
    answer.setHeader('Connection', 'close')
    write.apply(answer, args.map(withoutConnection))
    answer[LAST] = true
    // Whoever has sent another request before this arrived gets an answer too.
    if (answer.req.httpVersionMinor > 0) answer._last = false
    return answer
  }
}

/** Headers as `writeHead` takes them; anything else as it is. */
function withoutConnection(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return headers
  if (!Array.isArray(headers)) {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !isConnection(name)))
  }
  if (Array.isArray(headers[0])) return headers.filter(([name]) => !isConnection(name))
  return headers.filter((_, at) => !isConnection(headers[at - (at % 2)]))
}

function isConnection(name: unknown): boolean {
  return String(name).toLowerCase() === 'connection'
}
