import { read as readAt } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { Conversion } from './line-ends.ts'
import type { PlainFile } from './plain-file.ts'

/** How much is read at a time, in bytes; there are two such pieces of a file in memory. */
const PIECE = 256 * 1024

/** Counts what has been moved. */
export interface Count {
  bytes: number
}

/**
 * Resolves when the other end, or the system, has taken it. A socket that is destroyed
 * while it agrees on keys never says what became of it.
 */
export function write(socket: Socket, data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = (): void => reject(new Error('cut'))
    if (socket.destroyed) return cut()
    socket.once('close', cut)
    socket.write(data, (error) => {
      socket.off('close', cut)
      if (error) reject(error)
      else resolve()
    })
  })
}

/**
 * Sends a file from a position on. One piece is read while the one before it is
 * taken; a client that reads slowly holds both up.
 *
 * @param convert - what is sent in place of a piece, if not that
 */
export async function sendFile(
  { descriptor, size }: PlainFile,
  socket: Socket,
  from: number,
  count: Count,
  convert: (piece: Buffer) => Buffer = (piece) => piece,
): Promise<void> {
  // Of a file such as those in /proc the size says nothing.
  const end = size > from ? size : Number.POSITIVE_INFINITY
  // Room for a byte more than there should be shows whether that is all.
  const piece = Math.min(PIECE, end === size ? end - from + 1 : 4096)
  const buffers = [Buffer.allocUnsafe(piece), Buffer.alloc(0)]
  let position = from
  let reading = read(descriptor, buffers[0] as Buffer, position)
  let writing: Promise<void> = Promise.resolve()
  try {
    for (let turn = 0; ; turn ^= 1) {
      const bytesRead = await reading
      if (bytesRead === 0) break
      position += bytesRead
      // Then the other buffer is free, too.
      await writing
      const sent = convert((buffers[turn] as Buffer).subarray(0, bytesRead))
      writing = write(socket, sent).then(() => {
        count.bytes += sent.length
      })
      if (bytesRead < piece && position >= end) break
      if (buffers[turn ^ 1]?.length === 0) buffers[turn ^ 1] = Buffer.allocUnsafe(piece)
      reading = read(descriptor, buffers[turn ^ 1] as Buffer, position)
      // Whichever fails first is waited for first.
      writing.catch(() => {})
      reading.catch(() => {})
    }
    await writing
  } finally {
    // Its descriptor is closed next, and may be another file's then.
    await reading.catch(() => {})
  }
}

function read(descriptor: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readAt(descriptor, buffer, 0, buffer.length, position, (error, bytesRead) => {
      if (error) reject(error)
      else resolve(bytesRead)
    })
  })
}

/**
 * Writes what a client sends into a file, from a position on; it is read no faster
 * than the disk takes it.
 *
 * @throws what the disk said, or if the connection was cut before its end
 */
export async function receiveFile(
  file: FileHandle,
  socket: Socket,
  from: number,
  count: Count,
  conversion?: Conversion,
): Promise<void> {
  let position = from
  const add = async (data: Buffer): Promise<void> => {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await file.write(data, done, data.length - done, position)
      done += bytesWritten
      position += bytesWritten
    }
  }
  // With TLS the client waits for a proper end of this side.
  const pieces: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false })
  for await (const piece of pieces) {
    await add(conversion === undefined ? piece : conversion.convert(piece))
    count.bytes += piece.length
  }
  if (conversion !== undefined) await add(conversion.end())
}

/** Sends the end, and resolves when all before it has been given to the system. */
export async function finish(socket: Socket): Promise<void> {
  if (socket.destroyed) throw new Error('cut')
  // What the client sends against the rules is dropped; it would hold up the close.
  socket.resume()
  await new Promise<void>((resolve, reject) => {
    socket.once('finish', resolve)
    socket.once('close', () => reject(new Error('cut')))
    socket.end()
  })
}
