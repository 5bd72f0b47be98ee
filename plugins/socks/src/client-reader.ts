import type { Socket } from 'node:net'
import { Garbage } from './failure.ts'

/** More than any request has, in bytes: what comes beyond is left where it is meanwhile. */
const ENOUGH = 4096

/**
 * Reads what a client says first, piece by piece. It takes all that comes until its end:
 * that costs half of what it costs to ask the socket for each piece.
 */
export class ClientReader {
  readonly #socket: Socket
  #held: Buffer = Buffer.alloc(0)
  #changed: (() => void) | undefined
  readonly #take = (bytes: Buffer): void => {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    if (this.#held.length > ENOUGH) this.#socket.pause()
    this.#changed?.()
  }
  readonly #look = (): void => this.#changed?.()

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#take).on('end', this.#look).on('close', this.#look)
  }

  /**
   * Leaves what is to come to others, on a socket that is paused. Called again it does
   * nothing.
   *
   * @returns what came and was not asked for
   */
  end(): Buffer {
    this.#socket.off('data', this.#take).off('end', this.#look).off('close', this.#look).pause()
    const rest = this.#held
    this.#held = rest.subarray(rest.length)
    return rest
  }

  /**
   * Reads a number of bytes: at once where they are there already.
   *
   * @throws Garbage if the client ends before
   */
  bytes(count: number): Buffer | Promise<Buffer> {
    return this.#taken(count) ?? this.#wait(count)
  }

  /** Reads one byte, the same way. @throws Garbage */
  byte(): number | Promise<number> {
    const byte = this.#taken(1)
    return byte === undefined ? this.#wait(1).then(first) : first(byte)
  }

  /**
   * Reads a text up to a zero byte, which is left out.
   *
   * @param most how many bytes there may be
   * @throws Garbage if there are more, or the client ends before
   */
  async text(most: number): Promise<string> {
    const bytes: number[] = []
    for (;;) {
      const byte = await this.byte()
      if (byte === 0) return Buffer.from(bytes).toString()
      if (bytes.length === most) throw new Garbage('a text is too long')
      bytes.push(byte)
    }
  }

  #taken(count: number): Buffer | undefined {
    const held = this.#held
    if (held.length >= count) {
      this.#held = held.subarray(count)
      return held.subarray(0, count)
    }
    const { readableEnded, destroyed } = this.#socket
    if (readableEnded || destroyed) throw new Garbage('it hung up')
    return undefined
  }

  async #wait(count: number): Promise<Buffer> {
    for (;;) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
      const bytes = this.#taken(count)
      if (bytes !== undefined) return bytes
    }
  }
}

function first(bytes: Buffer): number {
  return bytes.readUInt8(0)
}
