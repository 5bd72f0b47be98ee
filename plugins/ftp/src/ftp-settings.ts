import type { SecureContext } from 'node:tls'
import type { PortRange } from './port-range.ts'

/** Whether a name and a password are somebody's. */
export type CheckLogin = (name: string, password: string) => Promise<boolean>

/** What a server goes by. */
export interface FTPSettings {
  /** The names of who needs no password; none for nobody. */
  readonly anonymous: readonly string[]

  /** Whether they may write. */
  readonly anonymousWrite: boolean

  /** Whether the others may. */
  readonly write: boolean

  /** Tells who the others are; left out there are none. */
  readonly check?: CheckLogin | undefined

  /** The ports for data connections; left out the system chooses. */
  readonly passivePorts?: PortRange | undefined

  /** The IPv4 address that PASV tells; left out the one the client has connected to. */
  readonly passiveHost?: string | undefined

  /** For AUTH TLS and PROT P; left out there is no TLS. */
  readonly tls?: SecureContext | undefined

  /** Whether the others need TLS. */
  readonly requireTLS: boolean

  /** After how many seconds without a byte a session or transfer ends; 0 is never. */
  readonly timeout: number
}
