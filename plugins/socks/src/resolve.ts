import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Failure } from './failure.ts'
import type { Destination } from './request.ts'
import type { Rules } from './rules.ts'

/**
 * Finds the addresses that a client may be connected to. What is allowed is an address:
 * a name is asked for once, and to what was found the connection is made, so that an
 * answer which changes in between leads nowhere else.
 *
 * @throws Failure if none of them may be reached; the system's error if there is none
 */
export async function resolve(
  { host, port }: Destination,
  rules: Rules,
): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  const found = family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }]
  const allowed = found.filter(({ address }) => rules.allows(address, port))
  if (allowed.length > 0) return allowed
  throw new Failure('denied', 'denied by the rules')
}
