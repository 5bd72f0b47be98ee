import type { Socket } from 'node:net'
import type { Address } from './address.ts'

/**
 * A protocol's end of its connection. `socket` is there for what this has
 * no word for. Nothing here throws because the connection is lost, and calling
 * anything twice is harmless.
 *
 * A test, or an endpoint of a third party that accepts connections itself, gives a
 * protocol one of its own by `makeConnection`.
 *
 * @see Twisted's `twisted.internet.interfaces.ITCPTransport`
 */
export interface Transport {
  /** Node's socket, for what this has no word for. */
  readonly socket: Socket

  /** Whether {@link Transport.loseConnection} was called. */
  readonly disconnecting: boolean

  /**
   * Aborted when the port accepts no more connections, for another process serves
   * them already or all is being stopped: a connection that is meant to last should come
   * to its end soon, before it is cut. All connections of a port have the same one: take
   * your listener away in `connectionLost`.
   */
  readonly draining: AbortSignal

  /**
   * Sends data, as soon as the peer takes it; a string as UTF-8. What is written after
   * the connection is lost or closing is dropped.
   */
  write(data: string | Uint8Array): void

  /** Sends several pieces of data in as few packets as possible. */
  writeSequence(pieces: Iterable<string | Uint8Array>): void

  /**
   * Closes the connection when all that was written has been sent; what is written later
   * is dropped, and so is what arrives.
   */
  loseConnection(): void

  /** Closes the connection at once; what has not been sent is dropped. */
  abortConnection(): void

  /** Who is at the other end; after the connection is lost too. */
  getPeer(): Address

  /** Where this end is; after the connection is lost too, if it was asked for before. */
  getHost(): Address
}
