import { Name, suffixes } from './name.ts'
import { Rcode, Type } from './record-types.ts'
import type { Answer } from './response-body.ts'
import { type Rdata, type RRset, targetOf } from './rrset.ts'
import type { Zone } from './zone.ts'

/** So many names lead to each other at most. */
const LONGEST_CHAIN = 16

/** What the zones say. */
export interface Authoritative {
  readonly answer: Answer
  /** What is not for us to say: where a CNAME leads out of our zones, or what is delegated. */
  readonly outside: Name | undefined
}

/** What others serve, or none of us. */
const HINFO = Buffer.from('\u0007RFC8482\u0000', 'latin1')

/** Answers from zones. */
export class Authority {
  readonly #zones: ReadonlyMap<string, Zone>

  constructor(zones: readonly Zone[]) {
    this.#zones = new Map(zones.map((zone) => [zone.origin.key, zone]))
  }

  /** The zone that a name is in, the one that is deepest. */
  zoneOf(name: Name, type = 0): Zone | undefined {
    const [own, ...above] = suffixes(name.key).map((key) => this.#zones.get(key))
    const parent = above.find((zone) => zone !== undefined)
    // Of DS the zone above knows.
    return type === Type.DS ? (parent ?? own) : (own ?? parent)
  }

  /** The zone of that name. */
  zoneNamed(name: Name): Zone | undefined {
    return this.#zones.get(name.key)
  }

  /** What is to be said of a name and a type; `undefined` if it is in none of the zones. */
  answer(name: Name, type: number): Authoritative | undefined {
    const answers: RRset[] = []
    const seen = new Set<string>()
    let asked = name
    for (;;) {
      const zone = this.zoneOf(asked, type)
      if (zone === undefined) {
        if (answers.length === 0) return undefined
        return { answer: authoritative(Rcode.NOERROR, answers, []), outside: asked }
      }
      // A name that leads to itself ends there.
      if (seen.has(asked.key) || seen.size >= LONGEST_CHAIN) {
        return { answer: authoritative(Rcode.NOERROR, answers, []), outside: undefined }
      }
      seen.add(asked.key)
      const next = this.#step(zone, asked, type, answers)
      if (!(next instanceof Name)) return next
      asked = next
    }
  }

  /** Adds what a zone says. @returns where that leads, or the end of it */
  #step(zone: Zone, name: Name, type: number, answers: RRset[]): Name | Authoritative {
    const found = zone.lookup(name, type)
    const end = (rcode: number, authority: readonly RRset[] = []): Authoritative => {
      const additional = this.#along(answers)
      return {
        answer: { ...authoritative(rcode, answers, authority), additional },
        outside: undefined,
      }
    }
    switch (found.kind) {
      case 'records': {
        const { rrset } = found
        answers.push(rrset)
        const isAlias = rrset.type === Type.CNAME && type !== Type.CNAME && type !== Type.ANY
        return isAlias ? targetOf(rrset.rdatas[0] as Rdata) : end(Rcode.NOERROR)
      }
      case 'redirected':
        return this.#redirect(found.rrset, name, answers) ?? end(YXDOMAIN)
      case 'any':
        answers.push({ owner: name, type: Type.HINFO, ttl: zone.soa.ttl, rdatas: [[HINFO]] })
        return end(Rcode.NOERROR)
      case 'nothing':
        return end(Rcode.NOERROR, [zone.absence])
      case 'no such name':
        return end(Rcode.NXDOMAIN, [zone.absence])
      case 'delegated':
        return this.#refer(found.rrset, name, answers)
    }
  }

  /** The DNAME, and the CNAME that it means for this name, RFC 6672, section 3. */
  #redirect(rrset: RRset, name: Name, answers: RRset[]): Name | undefined {
    const target = targetOf(rrset.rdatas[0] as Rdata)
    const labels = name.wire.subarray(0, name.wire.length - rrset.owner.wire.length)
    if (!answers.includes(rrset)) answers.push(rrset)
    if (labels.length + target.wire.length > 255) return undefined
    const next = new Name(Buffer.concat([labels, target.wire]))
    answers.push({ owner: name, type: Type.CNAME, ttl: rrset.ttl, rdatas: [[next]] })
    return next
  }

  #refer(servers: RRset, name: Name, answers: readonly RRset[]): Authoritative {
    const glue = this.#along([servers])
    const answer: Answer = {
      rcode: Rcode.NOERROR,
      isAuthoritative: answers.length > 0,
      answers,
      authority: [servers],
      additional: glue,
      needsAdditional: glue.some(({ owner }) => owner.isWithin(servers.owner)),
    }
    return { answer, outside: name }
  }

  /** The addresses of what records lead to, where a zone has them. */
  #along(rrsets: readonly RRset[]): RRset[] {
    const all = new Map<string, RRset>()
    for (const { type, rdatas } of rrsets) {
      if (!leading.has(type)) continue
      for (const rdata of rdatas) {
        const target = targetOf(rdata)
        const zone = this.zoneOf(target)
        for (const address of [Type.A, Type.AAAA]) {
          const rrset = zone?.recordsOf(target.key, address)
          if (rrset !== undefined && !rrsets.includes(rrset))
            all.set(`${address}${target.key}`, rrset)
        }
      }
    }
    return [...all.values()]
  }
}

/** The code of a name that would be too long, RFC 6672. */
const YXDOMAIN = 6

/** The types whose records lead to names that a client asks for next. */
const leading: ReadonlySet<number> = new Set([Type.NS, Type.MX, Type.SRV, Type.KX, Type.AFSDB])

function authoritative(
  rcode: number,
  answers: readonly RRset[],
  authority: readonly RRset[],
): Answer {
  const rest = { additional: [], needsAdditional: false }
  return { rcode, isAuthoritative: true, answers, authority, ...rest }
}
