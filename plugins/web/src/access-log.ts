import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { statusOf } from './answered-status.ts'
import type { ClientAddress } from './client-address.ts'
import { type Answered, combinedLine } from './combined-line.ts'

/** Has a line written for each request. */
export interface AccessLog {
  /** It has come: the line is written when it has been answered, or given up. */
  began(request: IncomingMessage, response: ServerResponse): void
  /** What came on a connection was none, and has been answered. */
  refused(status: number, socket: Socket): void
}

const ENTRY: unique symbol = Symbol('entry')

interface Entry {
  readonly address: string | undefined
  readonly time: number
  readonly write: (line: string) => void
  bytes: number
}

type Logged = ServerResponse & { [ENTRY]: Entry }

/**
 * @param write - gets each line, without its end
 * @param addressOf - says who has asked
 */
export function accessLog(write: (line: string) => void, addressOf: ClientAddress): AccessLog {
  return {
    began(request, response) {
      const logged = response as Logged
      // It is not to be had any more when the client has gone.
      const address = addressOf(request)
      logged[ENTRY] = { address, time: Date.now(), write, bytes: 0 }
      countBytes(logged)
      response.on('close', writeLine)
    },
    refused(status, socket) {
      const address = addressOf({ socket, headers: {} })
      write(combinedLine({ request: undefined, address, time: Date.now(), status, bytes: 0 }))
    },
  }
}

// Shared by all answers, which find what is theirs through `this`.
function writeLine(this: ServerResponse): void {
  const { write, address, time, bytes } = (this as Logged)[ENTRY]
  const { req: request } = this
  const status = statusOf(this)
  const hasBody = request.method !== 'HEAD' && status !== 304 && status !== 204
  const answered: Answered = { request, address, time, status, bytes: hasBody ? bytes : 0 }
  write(combinedLine(answered))
}

type Write = (chunk?: unknown, ...rest: unknown[]) => unknown

/** Counts what the handler writes: nothing else tells the body from the rest. */
function countBytes(response: Logged): void {
  const entry = response[ENTRY]
  const counted =
    (original: Write): Write =>
    (chunk, ...rest) => {
      const total = entry.bytes + lengthOf(chunk, rest[0])
      const result = original.call(response, chunk, ...rest)
      // One may be made of the other.
      entry.bytes = total
      return result
    }
  const { write, end } = response as unknown as { write: Write; end: Write }
  Object.assign(response, { write: counted(write), end: counted(end) })
}

function lengthOf(chunk: unknown, encoding: unknown): number {
  if (chunk instanceof Uint8Array) return chunk.length
  if (typeof chunk !== 'string') return 0
  return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as 'utf8') : 'utf8')
}
