import type { Socket } from 'node:net'
import { Garbage } from './failure.ts'

const events = ['readable', 'end', 'close'] as const

/**
 * Reads what a client says first, piece by piece, and leaves all after that on its
 * socket. It listens from its making to its end, once: a listener that is added while
 * too little is there is called at once, again and again.
 */
export class ClientReader {
  readonly #socket: Socket
  #changed: (() => void) | undefined
  readonly #look = (): void => this.#changed?.()

  constructor(socket: Socket) {
    this.#socket = socket
    for (const event of events) socket.on(event, this.#look)
  }

  /** Leaves what is to come to others. */
  end(): void {
    for (const event of events) this.#socket.off(event, this.#look)
  }

  /**
   * Reads a number of bytes: at once where they are there already.
   *
   * @throws Garbage if the client ends before
   */
  bytes(count: number): Buffer | Promise<Buffer> {
    return this.#take(count) ?? this.#wait(count)
  }

  /** Reads one byte, the same way. @throws Garbage */
  byte(): number | Promise<number> {
    const byte = this.#take(1)
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

  #take(count: number): Buffer | undefined {
    if (count === 0) return Buffer.alloc(0)
    const socket = this.#socket
    const bytes: Buffer | null = socket.destroyed ? null : socket.read(count)
    if (bytes?.length === count) return bytes
    if (bytes === null && !socket.readableEnded && !socket.destroyed) return undefined
    throw new Garbage('it hung up')
  }

  async #wait(count: number): Promise<Buffer> {
    for (;;) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
      const bytes = this.#take(count)
      if (bytes !== undefined) return bytes
    }
  }
}

function first(bytes: Buffer): number {
  return bytes.readUInt8(0)
}
