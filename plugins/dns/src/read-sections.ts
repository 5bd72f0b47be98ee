import { Name } from './name.ts'
import { Type } from './record-types.ts'
import { readRecord } from './reply.ts'
import type { ResponseBody } from './response-body.ts'
import type { Rdata, RRset } from './rrset.ts'

/** Where the names are in what records say that may be pointers, RFC 3597, section 4: after so many bytes. */
const names: { readonly [type: number]: readonly number[] } = {
  [Type.NS]: [0],
  [Type.CNAME]: [0],
  [Type.PTR]: [0],
  [Type.DNAME]: [0],
  [Type.SOA]: [0, 0],
  [Type.RP]: [0, 0],
  [Type.MX]: [2],
  [Type.KX]: [2],
  [Type.AFSDB]: [2],
  [Type.SRV]: [6],
}

/**
 * The records of the answer and of the authority of a body, free of pointers, so that they
 * can be written into another message.
 *
 * @throws Error if a pointer leads nowhere
 */
export function readSections(question: Name, body: ResponseBody): [RRset[], RRset[]] {
  const before = Buffer.alloc(12 + question.wire.length + 4)
  before.set(question.wire, 12)
  const message = Buffer.concat([before, body.bytes])
  let at = before.length
  const read = (count: number): RRset[] =>
    Array.from({ length: count }, () => {
      const { type, ttl, fixed, end } = readRecord(message, at)
      const { name: owner } = nameAt(message, at)
      at = end
      return { owner, type, ttl, rdatas: [rdataOf(message, type, fixed + 10, end)] }
    })
  return [read(body.answers), read(body.authority)]
}

function rdataOf(message: Buffer, type: number, start: number, end: number): Rdata {
  const parts: (Uint8Array | Name)[] = []
  let at = start
  for (const skip of names[type] ?? []) {
    if (skip > 0) parts.push(message.subarray(at, at + skip))
    const { name, next } = nameAt(message, at + skip)
    parts.push(name)
    at = next
  }
  if (at > end) throw new Error('a name is longer than its record')
  if (at < end) parts.push(message.subarray(at, end))
  return parts
}

/** A name in a message, whose pointers lead backwards, each farther than the one before. */
function nameAt(message: Buffer, start: number): { name: Name; next: number } {
  const labels: Buffer[] = []
  let [at, before, next, length] = [start, start, -1, 1]
  for (;;) {
    const byte = message[at]
    if (byte === undefined) throw new Error('a name has no end')
    if (byte >= 0xc0) {
      const to = message.readUInt16BE(at) & 0x3fff
      if (to >= before) throw new Error('a name leads forwards')
      if (next === -1) next = at + 2
      at = to
      before = to
      continue
    }
    if (byte === 0) break
    length += byte + 1
    if (byte > 63 || length > 255) throw new Error('a name is too long')
    labels.push(message.subarray(at, at + 1 + byte))
    at += 1 + byte
  }
  const name = new Name(Buffer.concat([...labels, Name.root.wire]))
  return { name, next: next === -1 ? at + 1 : next }
}
