import { isIPv4 } from 'node:net'

/** The bytes of an address without a zone, 4 or 16. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const first = groupsOf(head)
  const last = tail === undefined ? [] : groupsOf(tail)
  const between = Array<number>(8 - first.length - last.length).fill(0)
  return Buffer.from([...first, ...between, ...last].flatMap((group) => [group >> 8, group & 255]))
}

/** An IPv4 address where that is what it stands for, `::ffff:1.2.3.4`; and without a zone. */
export function plainAddress(address: string): string {
  if (isIPv4(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? address.replace(/%.*$/, '')
}

/** The name that an address is found by: `1.2.0.192.in-addr.arpa.`. */
export function reverseName(address: string): string {
  const bytes = [...addressBytes(address)].reverse()
  if (bytes.length === 4) return `${bytes.join('.')}.in-addr.arpa.`
  const nibbles = bytes.flatMap((byte) => [byte & 15, byte >> 4])
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa.`
}

function groupsOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
