import { isIPv4, SocketAddress } from 'node:net'

/** The address that bytes in the order of the network are: 4 of them, or 16. */
export function addressOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  )
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}

/** The bytes of an address, 4 or 16. */
export function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return bytesOfIPv4(address)
  const [head = '', tail] = address.split('::')
  const first = groupsOf(head)
  const last = tail === undefined ? [] : groupsOf(tail)
  const between = Array<number>(8 - first.length - last.length).fill(0)
  return Buffer.from([...first, ...between, ...last].flatMap((group) => [group >> 8, group & 255]))
}

/** Digit by digit: to split it costs several times as much, and each connection needs it. */
function bytesOfIPv4(address: string): Buffer {
  const bytes = Buffer.alloc(4)
  let at = 0
  for (let next = 0; next < address.length; next += 1) {
    const code = address.charCodeAt(next)
    if (code === DOT) at += 1
    else bytes[at] = 10 * (bytes[at] ?? 0) + code - ZERO
  }
  return bytes
}

const DOT = '.'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)

/** An IPv4 address where that is what it stands for, `::ffff:1.2.3.4`; and without a zone. */
export function plainAddress(address: string): string {
  if (isIPv4(address)) return address
  const [bare = ''] = address.split('%')
  const bytes = bytesOf(bare)
  const isMapped = bytes.subarray(0, 12).equals(MAPPED)
  return isMapped ? addressOf(bytes.subarray(12)) : addressOf(bytes)
}

/** What IPv4 addresses have before them in IPv6. */
const MAPPED = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255])

function groupsOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
