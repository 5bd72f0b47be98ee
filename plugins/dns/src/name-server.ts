import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { UsageError } from 'runnerd'
import { UnreadableError } from './unreadable-error.ts'

/** Another server, to be asked. */
export interface NameServer {
  readonly address: string
  readonly port: number
}

/**
 * Reads `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`.
 *
 * @param said what said so: an option with its value, or a line of a file
 * @throws UsageError
 */
export function parseNameServer(text: string, said: string): NameServer {
  if (isIP(text) !== 0) return { address: text, port: 53 }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? ''
  const port = Number(digits ?? 53)
  if (isIP(address) === 0) {
    throw new UsageError(`cannot use ${said}: ${JSON.stringify(address || text)} is no address`, {
      hint: 'such as 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53',
    })
  }
  if (port < 1 || port > 65535) {
    throw new UsageError(`cannot use ${said}: the port must be a number from 1 to 65535`)
  }
  return { address, port }
}

/**
 * The servers that a resolv.conf(5) names.
 *
 * @throws UnreadableError; UsageError if it names none, or one that is no address
 */
export function readResolvConf(path: string): NameServer[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UnreadableError(path, error)
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) =>
    parseNameServer(isIP(address) === 6 ? `[${address}]` : address, path),
  )
  if (servers.length === 0) {
    throw new UsageError(`cannot use ${path}: it names no name server`, {
      hint: '--forward ADDRESS',
    })
  }
  return servers
}
