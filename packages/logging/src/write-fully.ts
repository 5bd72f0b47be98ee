import { writeSync } from 'node:fs'
import { codeOf } from './errors.ts'

/** A write failed after `written` bytes of it. */
export class WriteError extends Error {
  readonly written: number

  constructor(written: number, cause: unknown) {
    super('write failed', { cause })
    this.written = written
  }
}

let never: Int32Array | undefined

/**
 * Writes all of a text before it returns, in as many writes as that takes. Waits
 * where the other end is slow, as a blocking descriptor does.
 *
 * @returns how many bytes that was
 * @throws WriteError
 */
export function writeFully(fd: number, text: string | Buffer): number {
  if (typeof text !== 'string') return writeRest(fd, text, 0)
  try {
    const written = writeSync(fd, text)
    if (written === Buffer.byteLength(text)) return written
    return writeRest(fd, Buffer.from(text), written)
  } catch (error) {
    if (error instanceof WriteError) throw error
    if (codeOf(error) !== 'EAGAIN') throw new WriteError(0, error)
    return writeRest(fd, Buffer.from(text), 0)
  }
}

function writeRest(fd: number, bytes: Buffer, from: number): number {
  let written = from
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw new WriteError(written, error)
      pause(1)
    }
  }
  return written
}

/**
 * Stands still, as a call to the system does that blocks.
 *
 * @internal
 */
export function pause(milliseconds: number): void {
  never ??= new Int32Array(new SharedArrayBuffer(4))
  Atomics.wait(never, 0, 0, milliseconds)
}
