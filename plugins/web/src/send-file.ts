import { close, createReadStream } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
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
    ? { file: found, fd: undefined }
    : await store.open(found)
  if (opened === undefined) return false
  const { file, fd } = opened
  const reply: Reply = status === 200 ? replyTo(request, file) : { status, headers: file.headers }
  const { start, end } = reply.part ?? { start: 0, end: file.stats.size - 1 }
  const hasBytes = !isHead && !BODILESS.has(reply.status) && end >= start
  if (fd !== undefined && hasBytes) {
    response.writeHead(reply.status, reply.headers)
    await stream(fd, start, end, response)
    return true
  }
  if (fd !== undefined) close(fd)
  if (reply.status === 412 || reply.status === 416) answer(response, reply.status, reply.headers)
  else {
    response.writeHead(reply.status, reply.headers)
    response.end(hasBytes ? file.body?.subarray(start, end + 1) : undefined)
  }
  return true
}

/** These are answered without a byte of the file. */
const BODILESS = new Set([304, 412, 416])

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

/** How much of a file is read at a time, in bytes: more is faster, and kept for each slow client. */
const CHUNK = 128 * 1024

/**
 * Sends a part of a file, and closes it. Resolves when the answer is over, also if its
 * client has gone away.
 */
function stream(fd: number, start: number, end: number, response: ServerResponse): Promise<void> {
  // Not pipeline(), which takes twice the time for the same.
  return new Promise((resolve, reject) => {
    const bytes = createReadStream('', { fd, start, end, highWaterMark: CHUNK })
    const leave = (): void => {
      bytes.destroy()
      resolve()
    }
    response.on('error', leave)
    response.on('close', leave)
    bytes.on('error', (error) => {
      response.destroy()
      reject(error)
    })
    bytes.on('end', () => {
      // One that was cut meanwhile has fewer bytes than its client waits for.
      if (bytes.bytesRead > end - start) response.end()
      else response.destroy()
    })
    if (response.destroyed) leave()
    else bytes.pipe(response, { end: false })
  })
}
