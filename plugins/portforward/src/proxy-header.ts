import { isIPv4, isIPv6 } from 'node:net'

/** The versions of the PROXY protocol: a line of text, or bytes. */
export type ProxyVersion = 'v1' | 'v2'

/** From where to where a connection was made, as a header of the PROXY protocol tells. */
export interface Route {
  readonly source: { readonly host: string; readonly port: number }
  readonly destination: { readonly host: string; readonly port: number }
}

/** A header that was read. */
export interface ProxyHeader {
  /** How many bytes it has. */
  readonly length: number
  /** `undefined` where whoever sent it speaks for itself, or can't say. */
  readonly route: Route | undefined
}

/** What a client sent is no such header. */
export class ProxyHeaderError extends Error {
  override readonly name = 'ProxyHeaderError'
  readonly code = 'ERR_PROXY_HEADER'

  /** @param reason - what is wrong with it */
  constructor(reason: string) {
    super(`no header of the PROXY protocol: ${reason}`)
  }
}

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const FIXED = 16
/** The line of version 1 with its line break. */
const LONGEST_LINE = 107
const IPV4 = 0x11
const IPV6 = 0x21

/**
 * Writes a header of the PROXY protocol.
 *
 * @param route - `undefined` for a connection that has no addresses of IP
 *
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
export function proxyHeader(version: ProxyVersion, route: Route | undefined): Buffer {
  return version === 'v1' ? line(route) : bytes(route)
}

function line(route: Route | undefined): Buffer {
  if (route === undefined) return Buffer.from('PROXY UNKNOWN\r\n')
  const { source, destination } = route
  const family = isIPv4(source.host) ? 'TCP4' : 'TCP6'
  const [from, to] = [source.host, destination.host].map(withoutZone)
  const words = [family, from, to, source.port, destination.port]
  return Buffer.from(`PROXY ${words.join(' ')}\r\n`)
}

function bytes(route: Route | undefined): Buffer {
  // 0x21: version 2, and the connection is someone else's.
  if (route === undefined) return Buffer.concat([SIGNATURE, Buffer.from([0x21, 0, 0, 0])])
  const { source, destination } = route
  const isFour = isIPv4(source.host)
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(source.port, 0)
  ports.writeUInt16BE(destination.port, 2)
  const addresses = [source.host, destination.host].map(isFour ? bytesOf4 : bytesOf6)
  const rest = Buffer.concat([...addresses, ports])
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, isFour ? IPV4 : IPV6, 0, rest.length]), rest])
}

/**
 * Reads a header of either version from the beginning of `data`.
 *
 * @returns `undefined` if there is more of it to come
 * @throws {@link ProxyHeaderError} as soon as it can't be one any more
 */
export function readProxyHeader(data: Buffer): ProxyHeader | undefined {
  const known = Math.min(data.length, SIGNATURE.length)
  if (data.subarray(0, known).equals(SIGNATURE.subarray(0, known))) return readBytes(data)
  return readLine(data)
}

function readLine(data: Buffer): ProxyHeader | undefined {
  const beginning = data.toString('latin1', 0, Math.min(6, data.length))
  if (!'PROXY '.startsWith(beginning)) throw new ProxyHeaderError('it begins with something else')
  const end = data.subarray(0, LONGEST_LINE).indexOf('\r\n')
  if (end === -1 && data.length < LONGEST_LINE) return undefined
  if (end === -1) throw new ProxyHeaderError('its line does not end')
  const [, family, ...words] = data.toString('latin1', 0, end).split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { length, route: undefined }
  const isRight = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined
  if (isRight === undefined) throw new ProxyHeaderError('it is neither of TCP4 nor of TCP6')
  const [from = '', to = '', fromPort = '', toPort = ''] = words
  if (words.length !== 4 || !isRight(from) || !isRight(to)) {
    throw new ProxyHeaderError(`it has no two addresses of ${family}`)
  }
  const source = { host: from, port: portOf(fromPort) }
  return { length, route: { source, destination: { host: to, port: portOf(toPort) } } }
}

function portOf(text: string): number {
  if (/^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535) return Number(text)
  throw new ProxyHeaderError('a port is none')
}

function readBytes(data: Buffer): ProxyHeader | undefined {
  if (data.length < FIXED) return undefined
  const [command, family] = [data[12], data[13]]
  if (command !== 0x20 && command !== 0x21) {
    throw new ProxyHeaderError('it is of another version, or has an unknown command')
  }
  const length = FIXED + data.readUInt16BE(14)
  if (data.length < length) return undefined
  const size = family === IPV4 ? 4 : family === IPV6 ? 16 : undefined
  // LOCAL: whoever connects speaks for itself, such as to see if anybody is there.
  if (command === 0x20 || size === undefined) return { length, route: undefined }
  if (length < FIXED + 2 * size + 4) throw new ProxyHeaderError('it is too short for its addresses')
  const host = (at: number): string => hostIn(data.subarray(at, at + size))
  const source = { host: host(FIXED), port: data.readUInt16BE(FIXED + 2 * size) }
  const to = { host: host(FIXED + size), port: data.readUInt16BE(FIXED + 2 * size + 2) }
  return { length, route: { source, destination: to } }
}

function hostIn(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16))
  // The one way that RFC 5952 has to write it.
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)
}

/** Which of this machine's networks a link-local address is in is nothing to others. */
function withoutZone(host: string): string {
  return host.replace(/%.*$/, '')
}

function bytesOf4(host: string): Buffer {
  return Buffer.from(host.split('.').map(Number))
}

function bytesOf6(host: string): Buffer {
  const plain = new URL(`http://[${withoutZone(host)}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean))
  const zeros = Array(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill('0')
  const words = [...(before ?? []), ...(tail === undefined ? [] : zeros), ...(after ?? [])]
  const bytes = Buffer.alloc(16)
  for (const [at, word] of words.entries()) bytes.writeUInt16BE(Number.parseInt(word, 16), 2 * at)
  return bytes
}
