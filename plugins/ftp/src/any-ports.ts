import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { PortRange } from './port-range.ts'

/** How many are tried before it is left to the system. */
const TRIES = 8

/** Those that are for this by RFC 6335, where the system doesn't say which it takes. */
const DYNAMIC: PortRange = { first: 49152, last: 65535 }

/** Whatever has been found in this process. */
let known: { readonly range: PortRange | undefined } | undefined

/**
 * Some ports for whoever needs any, of those that the system would give him; 0 at the end,
 * for which it chooses itself. It goes through all that were used in the last minute then:
 * with 14,000 of them that took it 1.4 ms, where to bind one that it is told took 0.01.
 */
export function* anyPorts(): Generator<number> {
  known ??= { range: ephemeralPorts('/proc/sys/net/ipv4') }
  const { range } = known
  for (let n = 0; range !== undefined && n < TRIES; n += 1) {
    yield randomInt(range.first, range.last + 1)
  }
  yield 0
}

/**
 * The ports that the system gives to whoever asks for any; `undefined` if it leaves out
 * some of them.
 *
 * @param settings - the directory of its settings
 * @see ip_local_port_range of ip(7), and ip_local_reserved_ports
 */
export function ephemeralPorts(settings: string): PortRange | undefined {
  const read = (name: string): string => readFileSync(`${settings}/${name}`, 'utf8').trim()
  try {
    if (read('ip_local_reserved_ports') !== '') return undefined
    const [first, last] = read('ip_local_port_range').split(/\s+/).map(Number)
    return first && last ? { first, last } : undefined
  } catch {
    return DYNAMIC
  }
}
