import { isIPv4 } from 'node:net'
import { Refusal } from './refusal.ts'

/** Where a client waits for a data connection. */
export interface DataAddress {
  readonly host: string
  readonly port: number
}

/** @throws Refusal, for what is no `h1,h2,h3,h4,p1,p2` (RFC 959, PORT) */
export function parsePort(text: string): DataAddress {
  const numbers = /^\d{1,3}(?:,\d{1,3}){5}$/.test(text) ? text.split(',').map(Number) : []
  if (numbers.length !== 6 || numbers.some((number) => number > 255)) {
    throw new Refusal(501, 'Illegal PORT command.')
  }
  const [high = 0, low = 0] = numbers.slice(4)
  return { host: numbers.slice(0, 4).join('.'), port: high * 256 + low }
}

/** @throws Refusal, for what is no `|1|host|port|` or `|2|host|port|` (RFC 2428, EPRT) */
export function parseExtendedPort(text: string): DataAddress {
  const delimiter = text[0] ?? ''
  const [before, protocol, host = '', port = '', after, ...more] = text.split(delimiter)
  const isWhole = before === '' && after === '' && more.length === 0 && /^\d{1,5}$/.test(port)
  if (!isWhole || Number(port) > 65535) throw new Refusal(501, 'Illegal EPRT command.')
  if (protocol !== '1' && protocol !== '2') {
    throw new Refusal(522, 'Network protocol not supported, use (1,2)')
  }
  return { host: protocol === '2' ? canonicalIPv6(host) : host, port: Number(port) }
}

/** As the system writes it. */
export function canonicalIPv6(host: string): string {
  try {
    return new URL(`ftp://[${host}]/`).hostname.slice(1, -1)
  } catch {
    return host
  }
}

/**
 * Holds an address against who asks for it: a connection to anybody else, or to a
 * port that a service may have, would be made for an attacker (RFC 2577).
 *
 * @param peer - the client's address
 * @throws Refusal
 */
export function checkDataAddress({ host, port }: DataAddress, peer: string): void {
  // The zone of a link-local one is this machine's name for the link: no client says it.
  const [address = ''] = peer.split('%')
  if (host !== (isIPv4(address) ? address : canonicalIPv6(address))) {
    throw new Refusal(504, 'Data connections go to your own address only.')
  }
  if (port < 1024) throw new Refusal(504, 'Data connections go to ports from 1024 only.')
}

/** The six numbers of PASV. */
export function formatPort({ host, port }: DataAddress): string {
  return [...host.split('.'), port >> 8, port & 255].join(',')
}
