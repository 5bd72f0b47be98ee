import { close } from 'node:fs'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { answer } from './answers.ts'
import type { FileStore } from './file-store.ts'
import { type Reply, replyTo, wholeReply } from './reply.ts'
import type { SiteFile } from './site-file.ts'
import { streamPieces } from './stream-pieces.ts'

/**
 * Answers with a file, or the parts of it that were asked for; or says that the client
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
  // A HEAD opens it, too: one that can't be read is answered as a GET is.
  const opened = await store.open(found)
  if (opened === undefined) return false
  const { file, fd } = opened
  const reply = status === 200 ? replyTo(request, file) : wholeReply(file, status)
  const pieces = request.method === 'HEAD' ? [] : reply.pieces
  if (fd !== undefined && pieces.length > 0) {
    writeHead(response, reply)
    await streamPieces(fd, pieces, response)
    return true
  }
  if (fd !== undefined) close(fd)
  if (reply.status === 412 || reply.status === 416) answer(response, reply.status, reply.headers)
  else {
    writeHead(response, reply)
    response.end(bytesOf(pieces, file.body))
  }
  return true
}

function writeHead(response: ServerResponse, { status, headers }: Reply): void {
  response.writeHead(status, varying(response, headers))
}

/** An operator may have said what else the answers depend on. */
function varying(response: ServerResponse, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const also = response.getHeader('vary')
  return also === undefined ? headers : { ...headers, vary: [also, headers.vary].flat().join(', ') }
}

function bytesOf(pieces: Reply['pieces'], body: Buffer | undefined): Buffer | undefined {
  const bytes = pieces.map((piece) =>
    Buffer.isBuffer(piece) ? piece : (body?.subarray(piece.start, piece.end + 1) as Buffer),
  )
  return bytes.length > 1 ? Buffer.concat(bytes) : bytes[0]
}
