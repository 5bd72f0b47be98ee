import type { LogIn } from './log-in.ts'
import type { RequestCounts } from './request-counts.ts'
import type { Rules } from './rules.ts'

/** What a proxy is told. */
export interface Settings {
  /** Where its clients may go. */
  readonly rules: Rules
  /** Who may use it; everybody if left out. */
  readonly logIn: LogIn | undefined
  /** What counts its requests. */
  readonly counts: RequestCounts
  /** How long a client has to say what it wants, in seconds. */
  readonly handshakeTimeout: number
  /** How long a connection may take to come about, in seconds. */
  readonly connectTimeout: number
  /** Whether datagrams are passed on. */
  readonly udp: boolean
  /** How many a second from one client; 0 is any number. */
  readonly udpRate: number
}
