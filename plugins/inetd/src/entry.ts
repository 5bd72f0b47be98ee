import type { InternalName } from './internal-name.ts'

/** What a line speaks: without a number over IPv4 and IPv6, each with a socket of its own. */
export type EntryProtocol =
  | 'tcp'
  | 'tcp4'
  | 'tcp6'
  | 'tcp46'
  | 'udp'
  | 'udp4'
  | 'udp6'
  | 'udp46'
  | 'unix'

/** What a line of the file says, before anything was looked up. */
export interface Entry {
  readonly line: number
  /** What it is called in the log: `ftp/tcp`. */
  readonly name: string
  readonly protocol: EntryProtocol
  /** Addresses and names to listen on; `*` is all there are. */
  readonly hosts: readonly string[]
  /** A port, or the path of a UNIX socket. */
  readonly place: number | string
  /** Whether the program gets the socket itself, and nobody else is served until it ends. */
  readonly wait: boolean
  /** How often it may be started in a minute; 0 for any number, `undefined` if nothing is said. */
  readonly most: number | undefined
  readonly user: string
  readonly group: string | undefined
  readonly server: Server
}

/** Who serves: one of our own services, or a program. */
export type Server =
  | { readonly kind: 'internal'; readonly name: InternalName }
  | {
      readonly kind: 'program'
      readonly path: string
      /** Its name for itself, and its arguments. */
      readonly argv: readonly [string, ...string[]]
    }

/** Whether it serves datagrams. */
export function isDatagram({ protocol }: Entry): boolean {
  return protocol.startsWith('udp')
}
