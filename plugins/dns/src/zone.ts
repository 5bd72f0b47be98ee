import { type Name, parentOf } from './name.ts'
import { Type } from './record-types.ts'
import type { Rdata, RRset } from './rrset.ts'

/** What a name has; nothing, if only names below it have something. */
export interface Node {
  /** By their types. */
  readonly rrsets: Map<number, RRset>
}

/** What a zone says of a name and a type, RFC 1034, section 4.3.2. */
export type Found =
  /** Records of the type, or the CNAME that stands for them. */
  | { readonly kind: 'records'; readonly rrset: RRset }
  /** A DNAME above the name, RFC 6672. */
  | { readonly kind: 'redirected'; readonly rrset: RRset }
  /** The name has none of the type. */
  | { readonly kind: 'nothing' }
  /** The name has some, and all of them were asked for. */
  | { readonly kind: 'any' }
  | { readonly kind: 'no such name' }
  /** Others serve what is below a name: these name servers. */
  | { readonly kind: 'delegated'; readonly rrset: RRset }

/** A zone: its names, and what they have. */
export class Zone {
  readonly origin: Name
  readonly soa: RRset
  readonly serial: number
  /** The SOA as it is told of what is not there, RFC 2308, section 3. */
  readonly absence: RRset
  /** By their keys, those with nothing between the apex and others included, RFC 4592. */
  readonly #nodes: ReadonlyMap<string, Node>

  constructor(origin: Name, soa: RRset, nodes: ReadonlyMap<string, Node>) {
    this.origin = origin
    this.soa = soa
    const [rdata] = soa.rdatas as [Rdata]
    this.serial = (rdata[2] as Buffer).readUInt32BE()
    const minimum = (rdata.at(-1) as Buffer).readUInt32BE()
    this.absence = { ...soa, ttl: Math.min(soa.ttl, minimum) }
    this.#nodes = nodes
  }

  /** All its records, the SOA first. */
  *rrsets(): Generator<RRset> {
    yield this.soa
    for (const { rrsets } of this.#nodes.values()) {
      for (const rrset of rrsets.values()) if (rrset !== this.soa) yield rrset
    }
  }

  /** How many sets of records it has. */
  get size(): number {
    let size = 0
    for (const { rrsets } of this.#nodes.values()) size += rrsets.size
    return size
  }

  /** What it says of a name at or below its origin. */
  lookup(name: Name, type: number): Found {
    const path = this.#pathTo(name.key)
    let encloser = this.origin.key
    for (const key of path) {
      const node = this.#nodes.get(key)
      if (node === undefined) return this.#wildcard(encloser, name, type)
      encloser = key
      const servers = key === this.origin.key ? undefined : node.rrsets.get(Type.NS)
      const isAsked = key === name.key
      // What the parent says of a delegation is the DS, RFC 4035, section 3.1.4.1.
      if (servers !== undefined && !(isAsked && type === Type.DS)) {
        return { kind: 'delegated', rrset: servers }
      }
      const redirection = isAsked ? undefined : node.rrsets.get(Type.DNAME)
      if (redirection !== undefined) return { kind: 'redirected', rrset: redirection }
    }
    return at(this.#nodes.get(name.key) as Node, type)
  }

  /** The records of a name here, whatever is delegated: what goes along with an answer. */
  recordsOf(key: string, type: number): RRset | undefined {
    return this.#nodes.get(key)?.rrsets.get(type)
  }

  /** The keys from the origin to a name. */
  #pathTo(key: string): string[] {
    const path: string[] = []
    for (let each = key; each.length > this.origin.key.length; each = parentOf(each)) {
      path.push(each)
    }
    path.push(this.origin.key)
    return path.reverse()
  }

  #wildcard(encloser: string, name: Name, type: number): Found {
    const node = this.#nodes.get(`\u0001*${encloser}`)
    if (node === undefined) return { kind: 'no such name' }
    const found = at(node, type)
    return found.kind === 'records'
      ? { kind: 'records', rrset: { ...found.rrset, owner: name } }
      : found
  }
}

function at({ rrsets }: Node, type: number): Found {
  const rrset = rrsets.get(type) ?? rrsets.get(Type.CNAME)
  if (rrset !== undefined) return { kind: 'records', rrset }
  return { kind: type === Type.ANY && rrsets.size > 0 ? 'any' : 'nothing' }
}
