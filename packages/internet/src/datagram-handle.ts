import type { UNIXCredentials } from './address.ts'
import { CannotListenError } from './errors.ts'

/** A datagram of a UNIX socket. @internal */
export interface ReceivedDatagram {
  readonly data: Buffer
  /** The path of the socket that has sent it; empty if that has none. */
  readonly path: string
  readonly credentials: UNIXCredentials | undefined
}

/** A bound UNIX socket for datagrams. @internal */
export interface DatagramHandle {
  /** Gives each datagram from now on to `received`. */
  receive(received: (datagram: ReceivedDatagram) => void): void
  /** Gives it what has come already, so many at most. */
  readRest(received: (datagram: ReceivedDatagram) => void, most: number): void
  /** @throws the system's error */
  send(data: Uint8Array, path: string): void
  close(): void
}

/**
 * Binds a UNIX socket for datagrams, which Node has none of; `size` is the most bytes of
 * one, and `called` what it is called in errors.
 *
 * @throws the system's error, or one that says what is missing
 *
 * @internal
 */
export type BindDatagrams = (path: string, size: number, called: string) => Promise<DatagramHandle>

let bind: BindDatagrams | undefined

/** Says how one is bound, from now on. @internal */
export function setBindDatagrams(binds: BindDatagrams): void {
  bind = binds
}

/** @throws as {@link BindDatagrams} does; CannotListenError where nobody has said how. @internal */
export async function bindDatagrams(
  path: string,
  size: number,
  called: string = path,
): Promise<DatagramHandle> {
  if (bind !== undefined) return await bind(path, size, called)
  const cause = new Error('Node has no UNIX sockets for datagrams, and runnerd is not loaded')
  throw new CannotListenError({ interface: called, port: 0, cause })
}
