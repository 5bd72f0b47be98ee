import type { Name } from './name.ts'
import { Type } from './record-types.ts'

/** What a record says, as bytes and the names between them. */
export type Rdata = readonly (Uint8Array | Name)[]

/** The records that a name has of one type, RFC 2181, section 5. */
export interface RRset {
  readonly owner: Name
  readonly type: number
  /** Seconds. */
  readonly ttl: number
  readonly rdatas: readonly Rdata[]
}

/** The types whose names may be shortened on the wire, RFC 3597, section 4. */
const shortened: ReadonlySet<number> = new Set([Type.NS, Type.CNAME, Type.SOA, Type.PTR, Type.MX])

/** Whether names in the records of a type may be pointers. */
export function mayShorten(type: number): boolean {
  return shortened.has(type)
}

/** The one name that a record of these types leads to: that of NS, CNAME, PTR, MX, SRV, DNAME. */
export function targetOf(rdata: Rdata): Name {
  return rdata.at(-1) as Name
}

/** How many bytes a record takes behind its owner and its fixed part, its names in full. */
export function sizeOf(rdata: Rdata): number {
  return rdata.reduce((size, part) => size + ('key' in part ? part.wire.length : part.length), 0)
}
