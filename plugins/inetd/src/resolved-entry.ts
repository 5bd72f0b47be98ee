import type { Account } from './account.ts'
import type { Place } from './addresses.ts'
import type { Entry } from './entry.ts'

/** A line with what its names mean. */
export interface ResolvedEntry extends Entry {
  readonly account: Account
  /** None for a UNIX socket, which has a path. */
  readonly addresses: readonly Place[]
}
