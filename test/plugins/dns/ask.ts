import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { dns } from '@runnerd/dns'
import { type StartedService, startService } from '@runnerd/testkit'
import packet, { type DecodedPacket, type Packet } from 'dns-packet'
import { freePort } from '../../helpers/free-port.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

/** A zone with one of everything. */
export const zone: string = `$TTL 1h
@ IN SOA ns1 hostmaster (
    2026010101 ; serial
    1h 15m 1w 5m )
        NS ns1
        NS ns2.example.net.
        MX 10 mail
        A 192.0.2.10
        TXT "v=spf1 -all" "a ; b"
        CAA 0 issue "ca.example.net"
ns1     A 192.0.2.1
        AAAA 2001:db8::1
mail    A 192.0.2.25
www 300 CNAME web
web     A 192.0.2.80
        AAAA 2001:db8::80
ext     CNAME www.example.net.
gone    CNAME nowhere
one     CNAME two
two     CNAME one
*.wild  TXT wild
        MX 5 mail
host.sub.wild A 192.0.2.9
*.alias CNAME web
_http._tcp SRV 0 5 80 web
sub     NS ns.sub
        NS ns.example.net.
ns.sub  A 192.0.2.53
a.b.ent A 192.0.2.7
old     DNAME new
x.new   A 192.0.2.77
10      PTR web
big     TXT ${Array.from({ length: 8 }, (_, n) => String(n).repeat(200)).join(' ')}
many    ${Array.from({ length: 100 }, (_, n) => `A 198.51.100.${n}`).join('\n        ')}
svc     HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.80
odd     TYPE65280 \\# 3 01 02 03
`

/** Writes the file of a zone, and says where it is. */
export function zoneFile(
  t: TestContext,
  text: string = zone,
  name: string = 'example.org.zone',
): string {
  const path = join(tempDir(t), name)
  writeFileSync(path, text)
  return path
}

/** A server in this process, on one port for both. */
export async function server(
  t: TestContext,
  ...words: string[]
): Promise<{ port: number; started: StartedService }> {
  const port = await freePort()
  const started = await startService(dns, ['--port', String(port), ...words])
  t.after(() => started.stop())
  return { port, started }
}

/** A query: a name and a type, and whatever else is to be in it. */
export function query(name: string, type: string, more: Packet = {}): Buffer {
  return packet.encode({
    type: 'query',
    id: 1 + Math.floor(Math.random() * 65_534),
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type: type as 'A' }],
    ...more,
  })
}

/** What EDNS adds to one. */
export function edns(
  udpPayloadSize: number = 1232,
  flags: number = 0,
  ednsVersion: number = 0,
): Packet {
  const opt = { type: 'OPT', name: '.', udpPayloadSize, flags, ednsVersion, extendedRcode: 0 }
  return { additionals: [{ ...opt, options: [] } as never] }
}

/** Sends a datagram. @returns the answer's bytes */
export async function sendDatagram(port: number, message: Uint8Array): Promise<Buffer> {
  const socket = createSocket('udp4')
  try {
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.send(message)
    const [answer] = (await once(socket, 'message')) as [Buffer]
    return answer
  } finally {
    socket.close()
  }
}

/** A message, with the name of its code, of which the types know nothing. */
export type Decoded = DecodedPacket & { readonly rcode: string }

/** Reads a message. */
export function decode(message: Uint8Array | undefined): Decoded {
  return packet.decode(message as Buffer) as Decoded
}

/** Asks by a datagram. */
export async function ask(
  port: number,
  name: string,
  type: string,
  more: Packet = {},
): Promise<Decoded> {
  return decode(await sendDatagram(port, query(name, type, more)))
}

/** A message with its length before it. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/** Sends bytes by TCP, or to a UNIX socket, closes its side, and takes the messages that come back. */
export async function sendStream(
  place: number | string,
  ...pieces: Uint8Array[]
): Promise<Buffer[]> {
  const to = typeof place === 'string' ? { path: place } : { port: place, host: '127.0.0.1' }
  const socket = connect({ ...to, allowHalfOpen: true, noDelay: true })
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve))
  socket.end()
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return messagesIn(Buffer.concat(chunks))
}

/** Those that have arrived whole. */
export function messagesIn(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) break
    messages.push(bytes.subarray(at + 2, end))
    at = end
  }
  return messages
}

/** The records of a section, each as `name type data`. */
export function told(records: readonly unknown[] | undefined): string[] {
  return ((records as { name: string; type: string; data?: unknown }[] | undefined) ?? [])
    .filter(({ type }) => type !== 'OPT')
    .map(({ name, type, data }) => `${name} ${type} ${dataOf(data)}`)
}

function dataOf(data: unknown): string {
  if (Array.isArray(data)) return data.map(String).join(' ')
  if (Buffer.isBuffer(data)) return data.toString('hex')
  if (typeof data === 'object' && data !== null) return Object.values(data).map(String).join(' ')
  return String(data)
}
