import { connect, type Socket } from 'node:net'
import { nameToConnect } from './reach-socket.ts'
import { ReplyReader } from './reply-reader.ts'

/** What a daemon is asked by its control socket. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** The path, and a query if it has one: `/profile?seconds=10`. */
  readonly target: string
  readonly body?: string | undefined
  /**
   * How long the other end may be silent at first, in ms. When it has shown that it
   * lives it may be silent for longer, {@link LATER} at least.
   */
  readonly patience: number
}

/** How long somebody may be silent who is at work on an answer, in ms. */
const LATER = 30_000

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/** In a head that only says that an answer will come: how long nothing may be heard, in seconds. */
export const SILENCE_HEADER = 'Runner-Silence'

/** Its answer, whose body comes as it is read. */
export interface Reply {
  readonly code: number
  /** How long the other end may be silent, in ms, as it says itself. */
  readonly silence: number | undefined
  readonly body: AsyncIterable<Buffer>
}

/**
 * Asks a question over HTTP and a UNIX socket. Written on node:net, which loads in a
 * quarter of the time that node:http takes: a status is asked for in scripts.
 *
 * @throws the system's error when there is no connection; one with code
 * `ERR_NO_ANSWER` when the other end is silent for too long, `ERR_CUT_SHORT` when it
 * goes before it has answered, `ERR_NOT_HTTP` when it speaks something else. So does
 * reading the body.
 */
export async function ask(path: string, question: Question): Promise<Reply> {
  return await askOver(open(path), question)
}

/** The same, over a connection that is being made. */
export async function askOver(socket: Socket, question: Question): Promise<Reply> {
  socket.setTimeout(question.patience, () => {
    socket.destroy(failure('ERR_NO_ANSWER', 'no answer'))
  })
  socket.write(wordsOf(question))
  let silence: number | undefined
  let later = Math.max(LATER, question.patience)
  const heard = (): unknown => socket.setTimeout(later)
  const reader = new ReplyReader(socket, heard, (headers) => {
    const seconds = Number(headers.get(SILENCE_HEADER.toLowerCase()))
    if (!(seconds > 0)) return
    silence = Math.min(seconds * 1000, LONGEST)
    later = Math.max(later, silence)
    heard()
  })
  return { code: await reader.code(), silence, body: reader.body() }
}

function open(path: string): Socket {
  const short = nameToConnect(path)
  if (short === undefined) throw failure('ENAMETOOLONG', 'its path is too long for a socket')
  try {
    return connect(short.name)
  } finally {
    short.letGo()
  }
}

/** All of a body. @throws what reading it throws */
export async function textOf(body: Reply['body']): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function wordsOf({ method, target, body = '' }: Question): string {
  const head = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
