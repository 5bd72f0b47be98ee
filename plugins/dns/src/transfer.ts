import { MessageWriter } from './message-writer.ts'
import type { Query } from './query.ts'
import { Rcode } from './record-types.ts'
import { respond } from './response.ts'
import type { Answer } from './response-body.ts'
import { type RRset, sizeOf } from './rrset.ts'
import type { Zone } from './zone.ts'

/** A message is about so long, unless one record is longer. */
const ENOUGH = 16_000

/**
 * The messages of a zone's transfer, RFC 5936: all its records, between its SOA and the
 * same again. Who wants what has changed, by IXFR, gets all of it too, as RFC 1995 lets,
 * if that is anything.
 */
export function* transfer(query: Query, zone: Zone): Generator<Buffer> {
  let message = new Message(query)
  for (const rrset of everything(zone)) {
    for (const rdata of rrset.rdatas) {
      if (message.length > 0 && message.length + sizeOf(rdata) > ENOUGH) {
        yield message.bytes()
        message = new Message(query)
      }
      message.add({ ...rrset, rdatas: [rdata] })
    }
  }
  yield message.bytes()
}

/** Whether who asks what has changed has this zone already, or one that is newer, by RFC 1982. */
export function isCurrent({ serial }: Query, zone: Zone): boolean {
  return serial !== undefined && ((serial - zone.serial) | 0) >= 0
}

/** What he is answered: that nothing has. */
export function onlySoa({ soa }: Zone): Answer {
  const rest = { authority: [], additional: [], needsAdditional: false }
  return { rcode: Rcode.NOERROR, isAuthoritative: true, answers: [soa], ...rest }
}

function* everything(zone: Zone): Generator<RRset> {
  yield* zone.rrsets()
  yield zone.soa
}

class Message {
  readonly #query: Query
  readonly #writer: MessageWriter
  #records = 0

  constructor(query: Query) {
    this.#query = query
    this.#writer = new MessageWriter(query.name, 12 + query.question.length)
  }

  get length(): number {
    return this.#writer.length
  }

  add(rrset: RRset): void {
    this.#records += this.#writer.rrset(rrset)
  }

  bytes(): Buffer {
    const bytes = this.#writer.bytes()
    const counts = { answers: this.#records, authority: 0, additional: 0 }
    const body = { rcode: Rcode.NOERROR, isAuthoritative: true, ...counts, bytes }
    return respond(
      this.#query,
      { ...body, needed: bytes.length },
      { isStream: true, isRecursive: false },
    )
  }
}
