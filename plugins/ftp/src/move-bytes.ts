import type { FileHandle } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { Conversion } from './line-ends.ts'

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
