import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { UsageError } from 'runnerd'

/** Who asks, as far as is known: an address, or nothing for who came by a UNIX socket. */
export type ClientAddress = (
  asked: Pick<IncomingMessage, 'socket' | 'headers'>,
) => string | undefined

/** Whoever is at the other end of the connection. */
export const peerAddress: ClientAddress = ({ socket }) => plain(socket.remoteAddress)

/** By the names that Express knows them by. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * Reads the values of `--trust-proxy`: addresses, networks, names of networks, and how
 * many proxies there are whatever their addresses. Each may be a list with commas.
 *
 * `X-Forwarded-For` is read from its end, where the nearest proxy has written, for as long
 * as those who wrote are trusted: what a client has made up is before that. Who connects by a UNIX
 * socket has no address, and is trusted.
 *
 * @throws UsageError
 */
export function forwardedAddress(given: readonly string[]): ClientAddress {
  const networks = { 4: new BlockList(), 6: new BlockList() }
  let hops = 0
  for (const each of given.flatMap((list) => list.split(','))) {
    const named = each.trim()
    if (/^\d{1,3}$/.test(named)) hops = Math.max(hops, Number(named))
    else for (const one of NETWORKS[named] ?? [named]) addTo(networks, one)
  }
  const isTrusted = (address: string | undefined, hop: number): boolean => {
    if (address === undefined || hop < hops) return true
    const [bare = ''] = address.split('%')
    const family = isIP(bare) === 6 ? 6 : 4
    return networks[family].check(bare, `ipv${family}`)
  }
  return (request) => {
    let client = peerAddress(request)
    const said = request.headers['x-forwarded-for']
    if (said === undefined) return client
    const addresses = String(said).split(',')
    for (let hop = 0; isTrusted(client, hop); hop += 1) {
      const next = addressIn(addresses.pop())
      if (next === undefined) break
      client = next
    }
    return client
  }
}

function addTo(networks: { 4: BlockList; 6: BlockList }, named: string): void {
  const [address = '', bits, more] = named.split('/')
  const family = isIP(address) as 0 | 4 | 6
  const most = family === 6 ? 128 : 32
  const isNumber = bits === undefined || /^\d{1,3}$/.test(bits)
  if (
    family === 0 ||
    address.includes('%') ||
    more !== undefined ||
    !isNumber ||
    Number(bits ?? 0) > most
  ) {
    throw new UsageError(`cannot use --trust-proxy ${named}: it is no address and no network`, {
      hint: `such as 10.0.0.0/8, ::1, ${Object.keys(NETWORKS).join(', ')}, or how many proxies there are`,
    })
  }
  networks[family].addSubnet(address, Number(bits ?? most), `ipv${family}`)
}

/** Some proxies add the port. */
function addressIn(text: string | undefined): string | undefined {
  const [, bracketed, v4] = /^\s*(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)\s*$/.exec(text ?? '') ?? []
  const address = plain(bracketed ?? v4 ?? text?.trim())
  return address !== undefined && isIP(address) !== 0 ? address : undefined
}

/** An IPv4 address where that is what it stands for. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
