import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { answer } from './answers.ts'
import { type ByteRange, byteRange } from './byte-range.ts'
import type { FileStore, Opened } from './file-store.ts'
import { evaluate, isSameFile } from './preconditions.ts'
import type { SiteFile } from './site-file.ts'

/** What is answered to a request for a file. */
interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  /** The bytes that follow: all of the file if there is none, and the status is one with bytes. */
  readonly part?: ByteRange
}

/**
 * Answers with a file, or the part of it that was asked for; or says that the client
 * has it already.
 *
 * @param status - of an answer with the whole file; there are conditions and ranges for
 * 200 only
 * @returns false if the file is gone and nothing was answered
 */
export async function sendFile(
  store: FileStore,
  found: SiteFile,
  response: ServerResponse,
  status: number,
): Promise<boolean> {
  const request = response.req
  const isHead = request.method === 'HEAD'
  // What is known of it is all that a HEAD wants.
  const opened: Opened | undefined = isHead
    ? { file: found, handle: undefined }
    : await store.open(found)
  if (opened === undefined) return false
  const { file, handle } = opened
  try {
    const { size } = file.stats
    const reply: Reply = status === 200 ? replyTo(request, file) : { status, headers: file.headers }
    if (reply.status === 412 || reply.status === 416) {
      answer(response, reply.status, reply.headers)
      return true
    }
    response.writeHead(reply.status, reply.headers)
    const { start, end } = reply.part ?? { start: 0, end: size - 1 }
    if (isHead || reply.status === 304 || size === 0) response.end()
    else if (handle !== undefined) await stream(handle, start, end, response)
    else response.end(reply.part ? file.body?.subarray(start, end + 1) : file.body)
    return true
  } finally {
    await handle?.close()
  }
}

function replyTo({ headers, method }: IncomingMessage, file: SiteFile): Reply {
  const status = evaluate(headers, file)
  if (status === 412) return { status, headers: {} }
  if (status === 304) return { status, headers: { ...file.validators, ...varying(file) } }
  const { range: asked } = headers
  const isWhole = asked === undefined || method === 'HEAD' || !isSameFile(headers, file)
  if (isWhole) return { status, headers: file.headers }
  const { size } = file.stats
  const part = byteRange(asked, size)
  if (part === undefined) return { status, headers: file.headers }
  if (part === 'unsatisfiable') {
    return { status: 416, headers: { 'content-range': `bytes */${size}` } }
  }
  const { start, end } = part
  const partial = {
    ...file.headers,
    'content-length': end - start + 1,
    'content-range': `bytes ${start}-${end}/${size}`,
  }
  return { status: 206, headers: partial, part }
}

function varying({ headers }: SiteFile): OutgoingHttpHeaders {
  return headers.vary === undefined ? {} : { vary: String(headers.vary) }
}

/** What a client that goes away does to its answer. */
const GONE = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ECONNRESET',
  'EPIPE',
  'ERR_HTTP2_INVALID_STREAM',
])

async function stream(
  handle: NonNullable<Opened['handle']>,
  start: number,
  end: number,
  response: ServerResponse,
): Promise<void> {
  try {
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), response)
  } catch (error) {
    if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
