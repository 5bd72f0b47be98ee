import { EDNS_SIZE, type Query, type Refused, sizeLimit } from './query.ts'
import { Rcode } from './record-types.ts'
import type { ResponseBody } from './response-body.ts'

/** What an OPT record of ours takes. */
const OPT_LENGTH = 11

/** How a response is to be sent. */
export interface Delivery {
  /** Whether it goes by TCP, and has no limit. */
  readonly isStream: boolean
  /** Whether this client may have others asked, RFC 1035's RA. */
  readonly isRecursive: boolean
}

/** Puts a response together. What is too long for a datagram says so by TC, and no more. */
export function respond(
  query: Query,
  body: ResponseBody,
  { isStream, isRecursive }: Delivery,
): Buffer {
  const { question, edns } = query
  const start = 12 + question.length
  const room = sizeLimit(query, isStream) - start - (edns === undefined ? 0 : OPT_LENGTH)
  const isWhole = body.bytes.length <= room
  const isEnough = isWhole || body.needed <= room
  const length = isWhole ? body.bytes.length : isEnough ? body.needed : 0
  const response = Buffer.allocUnsafe(start + length + (edns === undefined ? 0 : OPT_LENGTH))
  // The opcode, and whether recursion was wanted, are the client's.
  const high =
    0x80 | ((query.flags >> 8) & 0x79) | (body.isAuthoritative ? 4 : 0) | (isEnough ? 0 : 2)
  const low = (isRecursive ? 0x80 : 0) | (query.flags & 0x10) | (body.rcode & 15)
  response.writeUInt16BE(query.id, 0)
  response[2] = high
  response[3] = low
  response.writeUInt16BE(1, 4)
  response.writeUInt16BE(isEnough ? body.answers : 0, 6)
  response.writeUInt16BE(isEnough ? body.authority : 0, 8)
  response.writeUInt16BE((isWhole ? body.additional : 0) + (edns === undefined ? 0 : 1), 10)
  response.set(question, 12)
  if (length > 0)
    response.set(length === body.bytes.length ? body.bytes : body.bytes.subarray(0, length), start)
  if (edns !== undefined) writeOpt(response, start + length, body.rcode, edns.isOk)
  return response
}

/** Says no to a message of which no more is known than its header. */
export function refuse({ id, flags, rcode }: Refused): Buffer {
  const response = Buffer.alloc(12)
  response.writeUInt16BE(id, 0)
  // Its opcode, and whether it wanted recursion.
  response.writeUInt16BE(0x8000 | (flags & 0x7910), 2)
  response[3] = ((response[3] as number) & 0x10) | (rcode & 15)
  return response
}

/** Whether a version of EDNS is spoken here. */
export function speaks({ edns }: Query): boolean {
  return edns === undefined || edns.version === 0
}

function writeOpt(response: Buffer, at: number, rcode: number, isOk: boolean): void {
  response[at] = 0
  response.writeUInt16BE(41, at + 1)
  response.writeUInt16BE(EDNS_SIZE, at + 3)
  response[at + 5] = rcode >> 4
  response[at + 6] = 0
  response.writeUInt16BE(isOk ? 0x8000 : 0, at + 7)
  response.writeUInt16BE(0, at + 9)
}

/** The code of a version that isn't. */
export const BADVERS: number = Rcode.BADVERS
