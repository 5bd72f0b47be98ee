import { Name } from './name.ts'
import { Rcode, Type } from './record-types.ts'

/** As many bytes as a datagram without EDNS may have. */
const PLAIN_SIZE = 512
/** As many as one may have with it, whatever the client could take: no network splits it. */
export const EDNS_SIZE = 1232

/** What a client asks. */
export interface Query {
  readonly id: number
  /** The bytes of the header that say what it is, as they came. */
  readonly flags: number
  /** The header's end to that of the question, as the client has written it. */
  readonly question: Buffer
  readonly name: Name
  readonly type: number
  readonly class: number
  readonly edns: Edns | undefined
  /** Which zone its client has, of the one that asks for a transfer of what has changed. */
  readonly serial?: number | undefined
}

/** What its OPT record says, RFC 6891. */
export interface Edns {
  readonly size: number
  readonly version: number
  /** Whether DNSSEC's records are wanted. */
  readonly isOk: boolean
}

/** A message that is no query, and what can be said of that. */
export interface Refused {
  readonly id: number
  readonly flags: number
  readonly rcode: number
}

/** Reads a query. @returns `undefined` for what must not be answered */
export function readQuery(message: Buffer): Query | Refused | undefined {
  // Who answers an answer may do so forever.
  if (message.length < 12 || ((message[2] as number) & 0x80) !== 0) return undefined
  const id = message.readUInt16BE(0)
  const flags = message.readUInt16BE(2)
  const refuse = (rcode: number): Refused => ({ id, flags, rcode })
  // What another operation looks like nobody here knows.
  const rcode = isQuery(flags) ? Rcode.FORMERR : Rcode.NOTIMP
  if (message.readUInt16BE(4) !== 1) return refuse(rcode)
  const nameEnd = endOfPlainName(message, 12)
  if (nameEnd === undefined || nameEnd + 4 > message.length) return refuse(rcode)
  const end = nameEnd + 4
  const edns = readEdns(message, end)
  if (edns === 'garbage') return refuse(rcode)
  const type = message.readUInt16BE(nameEnd)
  return {
    id,
    flags,
    question: message.subarray(12, end),
    name: new Name(message.subarray(12, nameEnd)),
    type,
    class: message.readUInt16BE(nameEnd + 2),
    edns,
    ...(type === Type.IXFR ? { serial: serialIn(message, end) } : {}),
  }
}

/** Whether flags are of a query, and not of another operation: NOTIFY, UPDATE. */
export function isQuery(flags: number): boolean {
  return (flags & 0x7800) === 0
}

/** How long a response may be. */
export function sizeLimit({ edns }: Pick<Query, 'edns'>, isStream: boolean): number {
  if (isStream) return 65_535
  if (edns === undefined) return PLAIN_SIZE
  return Math.min(Math.max(edns.size, PLAIN_SIZE), EDNS_SIZE)
}

/** Where a name ends, in which there may be no pointer: nothing is before it. */
export function endOfPlainName(message: Buffer, start: number): number | undefined {
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63) return undefined
    at += length + 1
    if (at - start > 255) return undefined
    if (length === 0) return at
  }
}

/** Finds the OPT record in what follows the question, of which nothing else counts. */
function readEdns(message: Buffer, start: number): Edns | undefined | 'garbage' {
  const others = message.readUInt16BE(6) + message.readUInt16BE(8)
  const all = others + message.readUInt16BE(10)
  let edns: Edns | undefined
  let at = start
  for (let n = 0; n < all; n += 1) {
    const owner = at
    const end = endOfName(message, at)
    if (end === undefined || end + 10 > message.length) return 'garbage'
    at = end + 10 + message.readUInt16BE(end + 8)
    if (at > message.length) return 'garbage'
    if (message.readUInt16BE(end) !== Type.OPT) continue
    // It is of the root, in its section, and once.
    if (edns !== undefined || end !== owner + 1 || n < others) return 'garbage'
    edns = {
      size: message.readUInt16BE(end + 2),
      version: message[end + 5] as number,
      isOk: ((message[end + 6] as number) & 0x80) !== 0,
    }
  }
  return edns
}

/** The serial of the SOA that says which zone a client has, RFC 1995, section 3. */
function serialIn(message: Buffer, start: number): number | undefined {
  const [answers, authority] = [message.readUInt16BE(6), message.readUInt16BE(8)]
  const end = endOfName(message, start)
  if (answers > 0 || authority === 0 || end === undefined) return undefined
  const length = message.readUInt16BE(end + 8)
  if (message.readUInt16BE(end) !== Type.SOA || length < 22) return undefined
  return message.readUInt32BE(end + 10 + length - 20)
}

/** Where a name ends that may be a pointer, which leads to where something was before. */
export function endOfName(message: Buffer, start: number): number | undefined {
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined || at - start > 255) return undefined
    if (length >= 0xc0) return at + 2 <= message.length ? at + 2 : undefined
    if (length > 63) return undefined
    at += length + 1
    if (length === 0) return at
  }
}
