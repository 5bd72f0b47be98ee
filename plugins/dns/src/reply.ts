import { keyOf } from './name.ts'
import { ownBytes } from './own-bytes.ts'
import { endOfName } from './query.ts'
import { Rcode, Type } from './record-types.ts'
import { emptyBody, type ResponseBody } from './response-body.ts'
import { LONGEST_TTL } from './ttl.ts'

/** As long as it is believed that something is not there, RFC 2308, section 5. */
const LONGEST_NEGATIVE = 10_800

/** How long answers are kept, in seconds. */
export interface Keeping {
  readonly minTtl: number
  readonly maxTtl: number
}

/** What another server has answered. */
export interface Reply {
  readonly body: ResponseBody
  /** Whether there is more, by TCP. */
  readonly isTruncated: boolean
  /** Where in the body the TTLs are. */
  readonly ttls: readonly number[]
  /** How many seconds it may be kept; 0 for not at all. */
  readonly ttl: number
}

/** A message that answers another question, or nobody's. */
export class StrayReply extends Error {}

/**
 * Reads the reply to a query.
 *
 * @param query as it was sent
 * @throws StrayReply if it isn't to that query; Error if it makes no sense
 */
export function readReply(message: Buffer, query: Buffer, keeping: Keeping): Reply {
  const start = checkQuestion(message, query)
  if (start !== undefined) return readRecords(message, start, query, keeping)
  const body = emptyBody((message[3] as number) & 15)
  return { body, isTruncated: false, ttls: [], ttl: 0 }
}

/** @param start where the first of them begins, after the question */
function readRecords(
  message: Buffer,
  start: number,
  query: Buffer,
  { minTtl, maxTtl }: Keeping,
): Reply {
  const counts = [6, 8, 10].map((at) => message.readUInt16BE(at)) as [number, number, number]
  let rcode = (message[3] as number) & 15
  const type = query.readUInt16BE(start - 4)
  const ttls: number[] = []
  let [at, needed, hasAnswer] = [start, start, false]
  let [lowest, negative] = [LONGEST_TTL, 0]
  let additional = 0
  for (const [section, count] of counts.entries()) {
    if (section === 2) needed = at
    for (let n = 0; n < count; n += 1) {
      const record = readRecord(message, at)
      if (record.type === Type.OPT) {
        // What may come after it is left out with it.
        rcode |= (message[record.fixed + 4] as number) << 4
        return finished()
      }
      if (section === 0 && (record.type === type || type === Type.ANY)) hasAnswer = true
      let ttl = Math.min(Math.max(record.ttl > LONGEST_TTL ? 0 : record.ttl, minTtl), maxTtl)
      if (section === 1 && record.type === Type.SOA && record.end - record.fixed >= 10 + 22) {
        ttl = Math.min(ttl, message.readUInt32BE(record.end - 4), LONGEST_NEGATIVE)
        negative = ttl
      }
      message.writeUInt32BE(ttl, record.fixed + 4)
      ttls.push(record.fixed + 4 - start)
      lowest = Math.min(lowest, ttl)
      if (section === 2) additional += 1
      at = record.end
    }
  }
  return finished()

  function finished(): Reply {
    const isNegative = rcode === Rcode.NXDOMAIN || !hasAnswer
    const isKnown = rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN
    const body = {
      rcode,
      isAuthoritative: false,
      ...{ answers: counts[0], authority: counts[1], additional },
      bytes: ownBytes(message.subarray(start, at)),
      needed: needed - start,
    }
    const ttl = !isKnown ? 0 : isNegative ? Math.min(negative, lowest) : lowest
    return { body, isTruncated: ((message[2] as number) & 2) !== 0, ttls, ttl }
  }
}

/** @returns where the question ends; `undefined` if it says no more than what is wrong */
function checkQuestion(message: Buffer, query: Buffer): number | undefined {
  if (message.length < 12) throw new StrayReply('it is too short')
  const isResponse = ((message[2] as number) & 0xf8) === 0x80
  if (!isResponse || message.readUInt16BE(0) !== query.readUInt16BE(0)) {
    throw new StrayReply('it answers another query')
  }
  const end = (endOfName(query, 12) as number) + 4
  const rcode = (message[3] as number) & 15
  const isComplaint = rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN
  // Who couldn't read the query, with its EDNS, doesn't repeat the question.
  if (isComplaint && message.readUInt16BE(4) === 0) return undefined
  if (message.readUInt16BE(4) !== 1) throw new Error('it repeats no question')
  const [theirs, ours] = [message.subarray(12, end), query.subarray(12, end)]
  if (keyOf(theirs.subarray(0, -4)) !== keyOf(ours.subarray(0, -4))) {
    throw new StrayReply('it answers another question')
  }
  if (!theirs.subarray(-4).equals(ours.subarray(-4))) {
    throw new StrayReply('it answers another question')
  }
  return end
}

/** A record in a message. */
export interface WireRecord {
  readonly type: number
  readonly ttl: number
  /** Where its type stands, after its owner. */
  readonly fixed: number
  /** Where it ends. */
  readonly end: number
}

/** @throws Error if there is no whole record */
export function readRecord(message: Buffer, at: number): WireRecord {
  const fixed = endOfName(message, at)
  if (fixed === undefined || fixed + 10 > message.length) throw new Error('a record has no end')
  const end = fixed + 10 + message.readUInt16BE(fixed + 8)
  if (end > message.length) throw new Error('a record has no end')
  const [type, ttl] = [message.readUInt16BE(fixed), message.readUInt32BE(fixed + 4)]
  return { type, ttl, fixed, end }
}
