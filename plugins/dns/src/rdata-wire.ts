import { Name } from './name.ts'
import { endOfPlainName } from './query.ts'
import type { Rdata } from './rrset.ts'

/** What a part of a record is on the wire: so many bytes, or what itself says where it ends. */
export type WireForm = number | 'name' | 'string' | 'strings' | 'parameters' | 'rest'

/**
 * Makes of the bytes of a record what it says, its names in full.
 *
 * @returns `undefined` if they are no such record
 */
export function readWire(bytes: Buffer, forms: readonly WireForm[]): Rdata | undefined {
  const parts: (Buffer | Name)[] = []
  let at = 0
  for (const form of forms) {
    const end = endOf(bytes, at, form)
    if (end === undefined || end > bytes.length) return undefined
    const part = bytes.subarray(at, end)
    parts.push(form === 'name' ? new Name(part) : part)
    at = end
  }
  return at === bytes.length ? parts : undefined
}

function endOf(bytes: Buffer, at: number, form: WireForm): number | undefined {
  switch (form) {
    case 'name':
      return endOfPlainName(bytes, at)
    case 'string':
      return endOfString(bytes, at)
    case 'strings':
      return endOfStrings(bytes, at)
    case 'parameters':
      return endOfParameters(bytes, at)
    case 'rest':
      return bytes.length
    default:
      return at + form
  }
}

function endOfString(bytes: Buffer, at: number): number | undefined {
  const length = bytes[at]
  return length === undefined ? undefined : at + 1 + length
}

/** One at least. */
function endOfStrings(bytes: Buffer, start: number): number | undefined {
  let end = endOfString(bytes, start)
  while (end !== undefined && end < bytes.length) end = endOfString(bytes, end)
  return end
}

/** Each has its number, its length and so many bytes, in the order of the numbers, RFC 9460. */
function endOfParameters(bytes: Buffer, start: number): number | undefined {
  let [at, before] = [start, -1]
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined
    const number = bytes.readUInt16BE(at)
    if (number <= before) return undefined
    before = number
    at += 4 + bytes.readUInt16BE(at + 2)
  }
  return at
}
