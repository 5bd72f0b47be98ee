import { BlockList, isIP } from 'node:net'
import { UsageError } from 'runnerd'
import { plainAddress } from './addresses.ts'
import { privateNetworks } from './private-networks.ts'

/** Some networks, and some ports of them. */
export interface Rule {
  /** @param address without a zone, and IPv4 where that is what it stands for */
  matches(address: string, port: number): boolean
}

type Span = readonly [first: number, last: number]
type Refuse = (reason: string) => never

const HINT = 'such as 10.0.0.0/8, [2001:db8::/32]:443, any:25, public or private'

/**
 * Reads a rule: `NETWORK` or `NETWORK:PORTS`. A network is an address, one with a
 * prefix, or `any`, `private`, `public`; IPv6 with ports is in brackets. Ports are `80`,
 * `80,443` or `1-1023`.
 *
 * @param option the option that says so
 * @throws UsageError
 */
export function parseRule(option: string, text: string): Rule {
  const refuse: Refuse = (reason) => {
    throw new UsageError(`cannot use --${option} ${text}: ${reason}`, { hint: HINT })
  }
  const { network, ports } = partsOf(text)
  const hasAddress = networkNamed(network, refuse)
  if (ports === undefined) return { matches: hasAddress }
  const spans = spansOf(ports, refuse)
  const hasPort = (port: number): boolean =>
    spans.some(([first, last]) => first <= port && port <= last)
  return { matches: (address, port) => hasPort(port) && hasAddress(address) }
}

/** Takes the ports off; an IPv6 network without brackets has none. */
function partsOf(text: string): { network: string; ports?: string | undefined } {
  const bracketed = /^\[([^\]]*)\](\/\d+)?(?::(.*))?$/.exec(text)
  if (bracketed !== null) {
    const [, network = '', prefix = '', ports] = bracketed
    return { network: network + prefix, ports }
  }
  const [network = '', ports, more] = text.split(':')
  return more === undefined ? { network, ports } : { network: text }
}

function networkNamed(name: string, refuse: Refuse): (address: string) => boolean {
  if (name === 'any') return () => true
  if (name === 'private') return isPrivate
  if (name === 'public') return (address) => !isPrivate(address)
  const networks = new Networks()
  networks.add(name, refuse)
  return (address) => networks.have(address)
}

/** Networks of both kinds; one of IPv6 never has an IPv4 address in it. */
class Networks {
  readonly #lists = { 4: new BlockList(), 6: new BlockList() }

  /** Adds `ADDRESS` or `ADDRESS/BITS`. */
  add(network: string, refuse: Refuse): void {
    const [address = '', prefix, more] = network.split('/')
    const family = isIP(address) === 4 ? 4 : 6
    if (isIP(address) === 0 || address.includes('%') || more !== undefined) {
      refuse(`${JSON.stringify(network)} is no address or network`)
    }
    const plain = plainAddress(address)
    if (isIP(plain) !== family) refuse(`write ${plain} for ${address}`)
    const most = family === 4 ? 32 : 128
    const bits = Number(prefix ?? most)
    if (!/^\d{1,3}$/.test(prefix ?? '0') || bits > most) {
      refuse(`the prefix must be a number from 0 to ${most}, not ${JSON.stringify(prefix)}`)
    }
    this.#lists[family].addSubnet(address, bits, `ipv${family}`)
  }

  have(address: string): boolean {
    const family = isIP(address) === 6 ? 6 : 4
    return this.#lists[family].check(address, `ipv${family}`)
  }
}

const privates = new Networks()
for (const network of privateNetworks) privates.add(network, raise)

/** Whether an address is none of the public internet. */
export function isPrivate(address: string): boolean {
  return privates.have(address)
}

function spansOf(text: string, refuse: Refuse): readonly Span[] {
  return text.split(',').map((span) => {
    const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(span) ?? []
    const [first, last] = [Number(from), Number(to)]
    if (from === undefined || first > last || last > 65535) {
      refuse(`${JSON.stringify(span)} is no port, and no first and last of some`)
    }
    return [first, last]
  })
}

function raise(reason: string): never {
  throw new Error(reason)
}
