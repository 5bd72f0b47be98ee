import { close, read } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { ByteRange } from './byte-range.ts'
import type { Piece } from './reply.ts'

/** How much of a file is read at a time, in bytes: more is faster, and kept for each slow client. */
const CHUNK = 256 * 1024

/** How many buffers are kept for the next files: a fresh one costs more than to fill it. */
const SPARE = 16

const spare: Buffer[] = []

/**
 * Sends the bytes of a file, with what comes between them, and closes it. Resolves when
 * all has been handed over, or its client has gone away.
 */
export async function streamPieces(
  fd: number,
  pieces: readonly Piece[],
  response: ServerResponse,
): Promise<void> {
  const sending = new Sending(fd, response)
  try {
    for (const piece of pieces) {
      const isSent = Buffer.isBuffer(piece) ? sending.write(piece) : sending.part(piece)
      if (!(await isSent)) return
    }
    response.end()
    sending.spareBuffer()
  } catch (error) {
    response.destroy()
    throw error
  } finally {
    sending.end()
    close(fd)
  }
}

/** A file on its way, a piece after the other. */
class Sending {
  readonly #fd: number
  readonly #response: ServerResponse
  readonly #buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK)
  readonly #leave = (): void => this.#gone()
  #isGone: boolean
  #settle: ((isSent: boolean) => void) | undefined

  constructor(fd: number, response: ServerResponse) {
    this.#fd = fd
    this.#response = response
    this.#isGone = response.destroyed
    response.on('error', this.#leave)
    response.on('close', this.#leave)
    const { httpVersionMajor, socket } = response.req
    if (httpVersionMajor > 1) return
    // An answer that waits for the one before it isn't told when its connection is closed.
    socket.on('close', this.#leave)
    this.#isGone ||= socket.destroyed
  }

  /** Resolves when the system has the bytes; with false if there is nobody to read them. */
  write(bytes: Buffer): Promise<boolean> {
    if (this.#isGone) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#response.write(bytes, (error) => resolve(!error))
    })
  }

  /** The same with bytes of the file. One that was cut meanwhile is not sent to its end. */
  async part({ start, end }: ByteRange): Promise<boolean> {
    for (let at = start; at <= end; ) {
      const length = await this.#read(Math.min(CHUNK, end + 1 - at), at)
      if (length === 0) this.#response.destroy()
      const isSent = length > 0 && (await this.write(this.#buffer.subarray(0, length)))
      if (!isSent) return false
      at += length
    }
    return true
  }

  /** Its buffer is free: all was written. */
  spareBuffer(): void {
    if (spare.length < SPARE) spare.push(this.#buffer)
  }

  end(): void {
    this.#response.off('error', this.#leave)
    this.#response.off('close', this.#leave)
    this.#response.req.socket.off('close', this.#leave)
  }

  #read(length: number, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#fd, this.#buffer, 0, length, at, (error, bytesRead) =>
        error === null ? resolve(bytesRead) : reject(error),
      )
    })
  }

  #gone(): void {
    this.#isGone = true
    this.#settle?.(false)
  }
}
