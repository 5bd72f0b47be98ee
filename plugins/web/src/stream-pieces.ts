import { close, createReadStream, read } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { ByteRange } from './byte-range.ts'
import type { Piece } from './reply.ts'

/** How much of a file is read at a time, in bytes: more is faster, and kept for each slow client. */
const CHUNK = 128 * 1024

/** A stream closes its file, of which there may be more to read. */
const NOT_CLOSING = { read, close: (_fd: number, done: () => void) => done() }

/**
 * Sends the bytes of a file, with what comes between them, and closes it. Resolves when
 * all has been handed over, or its client has gone away.
 */
export async function streamPieces(
  fd: number,
  pieces: readonly Piece[],
  response: ServerResponse,
): Promise<void> {
  try {
    for (const piece of pieces) {
      if (response.destroyed) return
      if (Buffer.isBuffer(piece)) response.write(piece)
      else if (!(await stream(fd, piece, response))) return
    }
    response.end()
  } finally {
    close(fd)
  }
}

/** @returns whether all of it could be sent */
function stream(fd: number, { start, end }: ByteRange, response: ServerResponse): Promise<boolean> {
  // Not pipeline(), which takes twice the time for the same.
  return new Promise((resolve, reject) => {
    const bytes = createReadStream('', { fd, start, end, highWaterMark: CHUNK, fs: NOT_CLOSING })
    const leave = (): void => {
      bytes.destroy()
    }
    response.on('error', leave)
    response.on('close', leave)
    bytes.on('error', (error) => {
      response.destroy()
      reject(error)
    })
    bytes.on('end', () => {
      // One that was cut meanwhile has fewer bytes than its client waits for.
      if (bytes.bytesRead <= end - start) response.destroy()
    })
    // Only then does it read no more of what is to be closed.
    bytes.on('close', () => {
      response.off('error', leave)
      response.off('close', leave)
      resolve(bytes.bytesRead > end - start && !response.destroyed)
    })
    bytes.pipe(response, { end: false })
  })
}
