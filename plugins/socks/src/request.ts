import type { AddressInfo, Socket } from 'node:net'
import type { Failure } from './failure.ts'

/** Where a client wants to go: a host by name or address, and a port. */
export interface Destination {
  readonly host: string
  readonly port: number
}

export type Command = 'CONNECT' | 'BIND' | 'UDP ASSOCIATE'

/** An address of this machine or of another. */
export type Where = Pick<AddressInfo, 'address' | 'port'>

/** Something that a client says, whole. */
export interface Message {
  /** How many bytes it has. */
  readonly length: number
}

/** What a client asks for, in either version of the protocol. */
export interface Request extends Message {
  readonly command: Command
  readonly destination: Destination
  /** Who asks, as far as the request says so. */
  readonly user: string | undefined
  /** Says that it is done; BIND says so a second time, of who has connected. */
  accept(client: Socket, where: Where): void
  /** Says why it is not done, and hangs up. */
  refuse(client: Socket, failure: Failure): void
}

/** An address and port as they are written. */
export function written({ host, port }: Destination): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
