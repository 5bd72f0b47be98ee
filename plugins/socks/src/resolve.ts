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
 * @returns them, at once where no name has to be asked for
 * @throws Failure if none of them may be reached; the system's error if there is none
 */
export function resolve(
  { host, port }: Destination,
  rules: Rules,
): readonly LookupAddress[] | Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  if (family !== 0) return allowed([{ address: host, family }], port, rules)
  return lookup(host, { all: true }).then((found) => allowed(found, port, rules))
}

function allowed(
  found: readonly LookupAddress[],
  port: number,
  rules: Rules,
): readonly LookupAddress[] {
  const those = found.filter(({ address }) => rules.allows(address, port))
  if (those.length > 0) return those
  throw new Failure('denied', 'denied by the rules')
}
