import type { Socket } from 'node:net'
import { type Address, hostOf } from './address.ts'
import type { ConnectionContext, Placed } from './draining.ts'
import { sendAndClose } from './send-and-close.ts'

/**
 * A protocol's end of its connection. `socket` is there for what this class has
 * no word for. Nothing here throws because the connection is lost, and calling
 * anything twice is harmless.
 *
 * @see Twisted's `twisted.internet.interfaces.ITCPTransport`
 */
export class Transport {
  /** Node's socket, for what this class has no word for. */
  readonly socket: Socket
  readonly #peer: Address
  readonly #context: Placed
  #host: Address | undefined
  #disconnecting = false

  /** Made for a protocol, before its `makeConnection`. */
  constructor(socket: Socket, peer: Address, context: ConnectionContext) {
    this.socket = socket
    this.#peer = peer
    this.#context = context
  }

  /**
   * Sends data, as soon as the peer takes it; a string as UTF-8. What is written after
   * the connection is lost or closing is dropped.
   */
  write(data: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(data)
  }

  /** Sends several pieces of data in as few packets as possible. */
  writeSequence(pieces: Iterable<string | Uint8Array>): void {
    this.socket.cork()
    for (const piece of pieces) this.write(piece)
    this.socket.uncork()
  }

  /**
   * Closes the connection when all that was written has been sent; what is written later
   * is dropped, and so is what arrives.
   */
  loseConnection(): void {
    if (this.#disconnecting) return
    this.#disconnecting = true
    sendAndClose(this.socket)
  }

  /** Whether {@link Transport.loseConnection} was called. */
  get disconnecting(): boolean {
    return this.#disconnecting
  }

  /** Closes the connection at once; what has not been sent is dropped. */
  abortConnection(): void {
    this.socket.destroy()
  }

  /**
   * Aborted when the port accepts no more connections, for another process serves
   * them already or all is being stopped: a connection that is meant to last should come to its end soon, before it is cut.
   */
  get draining(): AbortSignal {
    return this.#context.draining
  }

  /** Who is at the other end; after the connection is lost too. */
  getPeer(): Address {
    return this.#peer
  }

  /** Where this end is; after the connection is lost too, if it was asked for before. */
  getHost(): Address {
    this.#host ??= hostOf(this.socket, this.#context)
    return this.#host
  }
}
