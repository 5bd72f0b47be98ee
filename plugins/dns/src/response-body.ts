import { MessageWriter } from './message-writer.ts'
import type { Name } from './name.ts'
import type { RRset } from './rrset.ts'

/** What is answered, before it is written. */
export interface Answer {
  readonly rcode: number
  /** Whether it is from a zone of ours. */
  readonly isAuthoritative: boolean
  readonly answers: readonly RRset[]
  readonly authority: readonly RRset[]
  readonly additional: readonly RRset[]
  /** Whether the answer is useless without what is additional: glue, RFC 9471. */
  readonly needsAdditional: boolean
}

/**
 * What comes after the question of a response. It fits any question of the same name,
 * however its letters are written.
 */
export interface ResponseBody {
  readonly rcode: number
  readonly isAuthoritative: boolean
  readonly answers: number
  readonly authority: number
  readonly additional: number
  readonly bytes: Buffer
  /** Where what is additional begins, and may be cut off; the whole length if it may not. */
  readonly needed: number
}

/** Writes an answer. */
export function writeBody(question: Name, answer: Answer): ResponseBody {
  const { rcode, isAuthoritative, needsAdditional } = answer
  const writer = new MessageWriter(question, 12 + question.wire.length + 4)
  const write = (rrsets: readonly RRset[]): number =>
    rrsets.reduce((count, rrset) => count + writer.rrset(rrset), 0)
  const answers = write(answer.answers)
  const authority = write(answer.authority)
  const before = writer.length
  const additional = write(answer.additional)
  const bytes = writer.bytes()
  const needed = needsAdditional ? bytes.length : before
  return { rcode, isAuthoritative, answers, authority, additional, bytes, needed }
}

/** A response that says nothing but its code. */
export function emptyBody(rcode: number): ResponseBody {
  const nothing = { answers: 0, authority: 0, additional: 0, bytes: Buffer.alloc(0), needed: 0 }
  return { rcode, isAuthoritative: false, ...nothing }
}
