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
   * Reads a number of bytes.
   *
   * @throws Garbage if the client ends before
   */
  async bytes(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0)
    const socket = this.#socket
    for (;;) {
      const bytes: Buffer | null = socket.destroyed ? null : socket.read(count)
      if (bytes?.length === count) return bytes
      if (bytes !== null || socket.readableEnded || socket.destroyed) {
        throw new Garbage('it hung up')
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** Reads one byte. @throws Garbage */
  async byte(): Promise<number> {
    return (await this.bytes(1)).readUInt8()
  }

  /**
   * Reads a text up to a zero byte, which is left out.
   *
   * @param most how many bytes there may be
   * @throws Garbage if there are more, or the client ends before
   */
  async text(most: number): Promise<string> {
    const bytes: number[] = []
    for (let byte = await this.byte(); byte !== 0; byte = await this.byte()) {
      if (bytes.length === most) throw new Garbage('a text is too long')
      bytes.push(byte)
    }
    return Buffer.from(bytes).toString()
  }
}
