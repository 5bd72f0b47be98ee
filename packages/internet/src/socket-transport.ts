import type { Socket } from 'node:net'
import { type Address, hostOf } from './address.ts'
import type { ConnectionContext, Placed } from './draining.ts'
import { sendAndClose } from './send-and-close.ts'
import type { Transport } from './transport.ts'

/** The transport of a protocol that has a socket of Node. @internal */
export class SocketTransport implements Transport {
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

  write(data: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(data)
  }

  writeSequence(pieces: Iterable<string | Uint8Array>): void {
    this.socket.cork()
    for (const piece of pieces) this.write(piece)
    this.socket.uncork()
  }

  loseConnection(): void {
    if (this.#disconnecting) return
    this.#disconnecting = true
    sendAndClose(this.socket)
  }

  get disconnecting(): boolean {
    return this.#disconnecting
  }

  abortConnection(): void {
    this.socket.destroy()
  }

  get draining(): AbortSignal {
    return this.#context.draining
  }

  getPeer(): Address {
    return this.#peer
  }

  getHost(): Address {
    this.#host ??= hostOf(this.socket, this.#context)
    return this.#host
  }
}
