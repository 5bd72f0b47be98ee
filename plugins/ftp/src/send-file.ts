import { read as readAt } from 'node:fs'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { largePieces } from './large-pieces.ts'
import { type Count, write } from './move-bytes.ts'
import { Pace } from './pace.ts'
import type { PlainFile } from './plain-file.ts'

/** How much is read at a time, in bytes; there are two such pieces of a file in memory. */
const PIECE = 256 * 1024

/**
 * Sends a file from a position on. One piece is read while the one before it is
 * taken; a client that reads slowly holds both up. To one that takes much, and quickly,
 * large pieces are sent: a piece costs a turn of the thread pool, whatever its size.
 *
 * @param convert - what is sent in place of a piece, if not that
 */
export async function sendFile(
  { descriptor, size }: PlainFile,
  socket: Socket,
  from: number,
  count: Count,
  convert?: (piece: Buffer) => Buffer,
): Promise<void> {
  // Of a file such as those in /proc the size says nothing.
  const end = size > from ? size : Number.POSITIVE_INFINITY
  // Room for a byte more than there should be shows whether that is all.
  const small = Math.min(PIECE, end === size ? end - from + 1 : 4096)
  // What is made of a piece takes memory, too, and nobody else is served meanwhile.
  const mayBeLarge = convert === undefined && !(socket instanceof TLSSocket)
  const pace = new Pace()
  const buffers: Buffer[] = [Buffer.allocUnsafe(small), Buffer.alloc(0)]
  let position = from
  let reading = read(descriptor, buffers[0] as Buffer, position)
  let writing: Promise<void> = Promise.resolve()
  try {
    for (let turn = 0; ; turn ^= 1) {
      const bytesRead = await reading
      if (bytesRead === 0) break
      const piece = buffers[turn] as Buffer
      position += bytesRead
      // Then the other buffer is free, too.
      await writing
      const isLast = bytesRead < piece.length && position >= end
      if (!isLast) {
        // First, for this thread is busy while the system copies what is written.
        const isQuick = mayBeLarge && pace.isQuick(position - from)
        const next = fitting(buffers[turn ^ 1] as Buffer, isQuick, small)
        buffers[turn ^ 1] = next
        reading = read(descriptor, next, position)
      }
      const data = piece.subarray(0, bytesRead)
      const sent = convert === undefined ? data : convert(data)
      writing = write(socket, sent).then(() => {
        count.bytes += sent.length
      })
      // Whichever fails first is waited for first.
      reading.catch(() => {})
      writing.catch(() => {})
      if (isLast) break
    }
    await writing
  } finally {
    // Its descriptor is closed next, and may be another file's then.
    await reading.catch(() => {})
    const giveBack = (): void => {
      for (const buffer of buffers) largePieces.giveBack(buffer)
    }
    // If the reading has failed, this ends with the connection.
    writing.then(giveBack, giveBack)
  }
}

/** What the next piece is read into: the buffer that is free, or another in place of it. */
function fitting(buffer: Buffer, isQuick: boolean, small: number): Buffer {
  if (isQuick) {
    const large = largePieces.has(buffer) ? buffer : largePieces.borrow()
    if (large !== undefined) return large
  }
  if (buffer.length === small) return buffer
  largePieces.giveBack(buffer)
  return Buffer.allocUnsafe(small)
}

function read(descriptor: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readAt(descriptor, buffer, 0, buffer.length, position, (error, bytesRead) => {
      if (error) reject(error)
      else resolve(bytesRead)
    })
  })
}
