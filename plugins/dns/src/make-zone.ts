import { type Name, parentOf } from './name.ts'
import type { ZoneRecord, ZoneText } from './read-zone-file.ts'
import { Type, typeName } from './record-types.ts'
import type { Rdata, RRset } from './rrset.ts'
import { type Node, Zone } from './zone.ts'
import { type FileFault, ZoneError } from './zone-error.ts'

interface OpenRRset extends RRset {
  ttl: number
  readonly rdatas: Rdata[]
  readonly first: ZoneRecord
  /** What they say, for what is there twice. */
  readonly texts: Set<string>
}

/**
 * Makes a zone of what is in its files.
 *
 * @param path its file, which is named where something is missing in it
 * @param name what it must be called, where that was said
 * @throws ZoneError with all that is wrong
 */
export function makeZone(
  path: string,
  { records, faults: unread }: ZoneText,
  name: Name | undefined,
): Zone {
  const faults: FileFault[] = [...unread]
  const [soa, ...others] = records.filter(({ type }) => type === Type.SOA)
  const blame = ({ path, line }: ZoneRecord, reason: string): void => {
    faults.push({ path, line, reason })
  }
  if (soa === undefined) {
    faults.push({ path, line: 1, reason: 'there is no SOA record in it' })
    throw new ZoneError(faults)
  }
  if (name !== undefined && name.key !== soa.owner.key) {
    blame(soa, `the SOA record is of ${soa.owner}, and --zone says ${name}`)
  }
  for (const other of others) {
    // What dig prints of a transfer ends with the SOA again.
    if (other.owner.key === soa.owner.key && written(other.rdata) === written(soa.rdata)) continue
    blame(other, `there is a SOA record already, at ${soa.path}:${soa.line}`)
  }
  const sets = new Map<string, Map<number, OpenRRset>>()
  for (const record of records) {
    if (!record.owner.isWithin(soa.owner)) {
      blame(record, `${record.owner} is not in the zone ${soa.owner}`)
    } else add(sets, record)
  }
  for (const types of sets.values()) {
    const [cname, dname] = [types.get(Type.CNAME), types.get(Type.DNAME)]
    const other = [...types.values()].find(({ type }) => type !== Type.CNAME && !isAside(type))
    if (cname !== undefined && other !== undefined) {
      const later = cname.first.line > other.first.line ? cname.first : other.first
      const what = `a CNAME beside its ${typeName(other.type)}`
      blame(later, `${cname.owner} has ${what}: there can be nothing beside a CNAME`)
    }
    for (const single of [cname, dname]) {
      if (single === undefined || single.rdatas.length < 2) continue
      blame(single.first, `${single.owner} has more than one ${typeName(single.type)}`)
    }
  }
  if (faults.length > 0) throw new ZoneError(faults)
  return assembled(soa.owner, sets)
}

/** What DNSSEC puts beside a CNAME. */
function isAside(type: number): boolean {
  return type === Type.RRSIG || type === Type.NSEC
}

function add(
  sets: Map<string, Map<number, OpenRRset>>,
  { owner, type, ttl, rdata, ...where }: ZoneRecord,
): void {
  const types = sets.get(owner.key) ?? new Map<number, OpenRRset>()
  sets.set(owner.key, types)
  const there = types.get(type)
  if (there === undefined) {
    const first = { owner, type, ttl, rdata, ...where }
    types.set(type, { owner, type, ttl, rdatas: [rdata], first, texts: new Set([written(rdata)]) })
    return
  }
  // All of a set have one, RFC 2181, section 5.2.
  there.ttl = Math.min(there.ttl, ttl)
  const text = written(rdata)
  if (there.texts.has(text)) return
  there.texts.add(text)
  there.rdatas.push(rdata)
}

function assembled(origin: Name, sets: Map<string, Map<number, OpenRRset>>): Zone {
  const nodes = new Map<string, Node>()
  for (const [key, types] of sets) {
    nodes.set(key, { rrsets: new Map([...types].map(([type, open]) => [type, closed(open)])) })
  }
  for (const key of sets.keys()) {
    for (let each = key; each !== origin.key; each = parentOf(each)) {
      if (!nodes.has(each)) nodes.set(each, { rrsets: new Map() })
    }
  }
  return new Zone(origin, nodes.get(origin.key)?.rrsets.get(Type.SOA) as RRset, nodes)
}

function closed({ owner, type, ttl, rdatas }: OpenRRset): RRset {
  return { owner, type, ttl, rdatas }
}

function written(rdata: Rdata): string {
  return rdata
    .map((part) => ('key' in part ? part.key : Buffer.from(part).toString('latin1')))
    .join('|')
}
