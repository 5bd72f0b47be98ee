import { Type } from './record-types.ts'
import type { Rdata } from './rrset.ts'

/** How many bytes a digest has, by the number that says how it was made. */
type Lengths = { readonly [kind: number]: number }

/** Of DS and CDS: SHA-1, SHA-256, GOST R 34.11-94 and SHA-384, RFC 4509, 5933 and 6605. */
const ofKeys: Lengths = { 1: 20, 2: 32, 3: 32, 4: 48 }

/** The types that say a digest last, and its kind before it. What has no length here is not held to one. */
const lengths: { readonly [type: number]: Lengths } = {
  [Type.DS]: ofKeys,
  [Type.CDS]: ofKeys,
  // SHA-1 and SHA-256, RFC 4255 and 6594.
  [Type.SSHFP]: { 1: 20, 2: 32 },
  // SHA-384 and SHA-512, RFC 8976.
  [Type.ZONEMD]: { 1: 48, 2: 64 },
}

/** @throws Error if what a record says ends with a digest of another length than its kind has */
export function checkDigest(type: number, rdata: Rdata): void {
  const ofType = lengths[type]
  if (ofType === undefined) return
  const [kind, digest] = rdata.slice(-2) as [Buffer, Buffer]
  const number = kind.at(-1) ?? 0
  const right = ofType[number] ?? digest.length
  if (digest.length === right) return
  throw new Error(`a digest of type ${number} has ${right} bytes and not ${digest.length}`)
}
