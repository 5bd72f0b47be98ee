import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { addressesOverlap } from './addresses-overlap.ts'
import type { PortHolder } from './errors.ts'

/** The state of a listening socket in `/proc/net/tcp`. */
const LISTEN = '0A'

/**
 * Finds out which process listens on a port. Linux tells in `/proc`, other
 * users' processes only to root; `undefined` where nobody tells.
 *
 * @internal
 */
export function findPortHolder(address: string, port: number): PortHolder | undefined {
  const links = new Set(listeningInodes(address, port).map((inode) => `socket:[${inode}]`))
  if (links.size === 0) return undefined
  for (const pid of listOf('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    if (listOf(`/proc/${pid}/fd`).some((fd) => links.has(linkOf(`/proc/${pid}/fd/${fd}`)))) {
      return { pid: Number(pid), name: textOf(`/proc/${pid}/comm`).trim() }
    }
  }
  return undefined
}

function listeningInodes(address: string, port: number): string[] {
  const rows = `${textOf('/proc/net/tcp')}\n${textOf('/proc/net/tcp6')}`.split('\n')
  return rows.flatMap((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/)
    const [hexAddress, hexPort] = local?.split(':') ?? []
    if (state !== LISTEN || !hexAddress || !hexPort || !inode) return []
    const matches =
      Number.parseInt(hexPort, 16) === port && addressesOverlap(addressOf(hexAddress), address)
    return matches ? [inode] : []
  })
}

/** `0100007F` is 127.0.0.1: words in the byte order of the machine. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32()
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':')
}

function listOf(dir: string): string[] {
  return attempt(() => readdirSync(dir), [])
}

function linkOf(path: string): string {
  return attempt(() => readlinkSync(path), '')
}

function textOf(path: string): string {
  return attempt(() => readFileSync(path, 'utf8'), '')
}

/** Processes come and go while they are looked at, and not all may be looked at. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
