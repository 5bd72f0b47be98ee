import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Draining } from './draining.ts'

/**
 * The HTTP/2 connections of one server, as they come to their end. GOAWAY says which
 * stream was the last; Node can't announce it before. So a client is told while it
 * waits for an answer: at once where there is one under way, else with the next
 * request, which is answered. What it may have sent in that moment it may send again
 * to another server, as it learns that nobody has looked at it.
 *
 * @see RFC 9113, 6.8
 *
 * @internal
 */
export class HTTP2Sessions {
  readonly #open = new Map<ServerHttp2Session, Set<ServerHttp2Stream>>()
  readonly #context: Draining

  /** @param patience - how long one without a request stays open in a drain, in ms */
  constructor(context: Draining, patience: number) {
    this.#context = context
    context.onBegin(() => {
      for (const [session, streams] of this.#open) if (streams.size > 0) session.close()
      setTimeout(() => this.hangUp(), patience).unref()
    })
  }

  add(session: ServerHttp2Session): void {
    const streams = new Set<ServerHttp2Stream>()
    this.#open.set(session, streams)
    session.on('close', () => this.#open.delete(session))
    // What a client does wrong ends its own connection and nothing else.
    session.on('error', ignore)
    session.on('stream', (stream) => {
      streams.add(stream)
      stream.on('close', () => streams.delete(stream))
      // What was sent in one go with it is to be answered too.
      if (this.#context.begun) setImmediate(() => session.close())
    })
  }

  /** Closes each as soon as what was asked on it is answered. */
  hangUp(): void {
    for (const session of this.#open.keys()) session.close()
  }
}

function ignore(): void {}
