import { randomBytes } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { type ByteRange, byteRanges } from './byte-range.ts'
import { evaluate, isSameFile } from './preconditions.ts'
import type { SiteFile } from './site-file.ts'

/** Bytes of a file, or those that are put between them. */
export type Piece = ByteRange | Buffer

/** What is answered to a request for a file. */
export interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  /** What follows the head, in this order. */
  readonly pieces: readonly Piece[]
}

/** All of a file. */
export function wholeReply(file: SiteFile, status = 200): Reply {
  const { size } = file.stats
  const pieces = size === 0 ? [] : [{ start: 0, end: size - 1 }]
  return { status, headers: file.headers, pieces }
}

/** What the conditions and ranges of a request have answered. */
export function replyTo({ headers, method }: IncomingMessage, file: SiteFile): Reply {
  const status = evaluate(headers, file)
  if (status === 412) return { status, headers: {}, pieces: [] }
  if (status === 304) {
    const vary = String(file.headers.vary)
    return { status, headers: { ...file.validators, vary }, pieces: [] }
  }
  const { range: asked } = headers
  if (asked === undefined || method === 'HEAD' || !isSameFile(headers, file)) {
    return wholeReply(file)
  }
  const { size } = file.stats
  const ranges = byteRanges(asked, size)
  if (ranges === undefined) return wholeReply(file)
  if (ranges === 'unsatisfiable') {
    return { status: 416, headers: { 'content-range': `bytes */${size}` }, pieces: [] }
  }
  const [only] = ranges
  if (only === undefined || ranges.length > 1) return severalParts(file, ranges)
  return {
    status: 206,
    headers: {
      ...file.headers,
      'content-length': lengthOf(only),
      'content-range': rangeText(only, size),
    },
    pieces: [only],
  }
}

/** So long that it is not in the file by chance, and nobody knew it before. */
const BOUNDARY = randomBytes(18).toString('hex')

/** RFC 9110, 14.6. */
function severalParts(file: SiteFile, ranges: readonly ByteRange[]): Reply {
  const { size } = file.stats
  const pieces = ranges.flatMap((range): Piece[] => {
    const head = `--${BOUNDARY}\r\ncontent-type: ${file.headers['content-type']}\r\n`
    return [Buffer.from(`\r\n${head}content-range: ${rangeText(range, size)}\r\n\r\n`), range]
  })
  pieces.push(Buffer.from(`\r\n--${BOUNDARY}--\r\n`))
  const headers = {
    ...file.headers,
    'content-type': `multipart/byteranges; boundary=${BOUNDARY}`,
    'content-length': pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
  }
  return { status: 206, headers, pieces }
}

function lengthOf(piece: Piece): number {
  return Buffer.isBuffer(piece) ? piece.length : piece.end - piece.start + 1
}

function rangeText({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`
}
