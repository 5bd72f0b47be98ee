import type { Forwarder, Question } from './forwarder.ts'
import type { Name } from './name.ts'
import type { Query } from './query.ts'
import { readSections } from './read-sections.ts'
import { Rcode } from './record-types.ts'
import type { ReplyCache } from './reply-cache.ts'
import { type Answer, emptyBody, type ResponseBody, writeBody } from './response-body.ts'

/** So many clients may wait for what others say. */
const MOST_WAITING = 10_000
/** How long it is believed that nobody knows, in seconds, RFC 9520. */
const FAILED = 1

/** Answers from what others say, and remembers it. */
export class Resolver {
  readonly #forwarder: Forwarder
  readonly #cache: ReplyCache
  /** What is being asked, by the keys of the cache: nobody is asked the same twice at once. */
  readonly #asking = new Map<string, Promise<ResponseBody>>()
  /** What there was to do. */
  readonly counts: { hits: number; asked: number; failed: number } = {
    hits: 0,
    asked: 0,
    failed: 0,
  }
  #waiting = 0
  readonly #idle = new Set<() => void>()

  constructor(forwarder: Forwarder, cache: ReplyCache) {
    this.#forwarder = forwarder
    this.#cache = cache
  }

  /** How many answers are remembered. */
  get remembered(): number {
    return this.#cache.size
  }

  /** How many clients wait. */
  get waiting(): number {
    return this.#waiting
  }

  /** What others say of a client's question; at once where it is known. */
  resolve(query: Query): ResponseBody | Promise<ResponseBody> {
    return this.#find(questionOf(query, query.name))
  }

  /** Goes on where an answer of ours leads to others. */
  async follow(query: Query, answer: Answer, outside: Name): Promise<ResponseBody> {
    const theirs = await this.#find(questionOf(query, outside))
    if (answer.answers.length === 0) return theirs
    const sections = sectionsOf(outside, theirs)
    if (sections === undefined) return emptyBody(Rcode.SERVFAIL)
    const [answers, authority] = sections
    return writeBody(query.name, {
      rcode: theirs.rcode,
      isAuthoritative: true,
      answers: [...answer.answers, ...answers],
      ...{ authority, additional: [], needsAdditional: false },
    })
  }

  /** Resolves when nobody waits for an answer. */
  async idle(): Promise<void> {
    if (this.#waiting > 0) await new Promise<void>((resolve) => this.#idle.add(resolve))
  }

  #find(question: Question): ResponseBody | Promise<ResponseBody> {
    const { name, type, isOk, isUnchecked } = question
    const key = `${type}${isOk ? '+' : '-'}${isUnchecked ? '+' : '-'}${name.key}`
    const known = this.#cache.find(key)
    if (known !== undefined) {
      this.counts.hits += 1
      return known
    }
    if (this.#waiting >= MOST_WAITING) return emptyBody(Rcode.SERVFAIL)
    return this.#wait(this.#asking.get(key) ?? this.#ask(key, question))
  }

  async #wait(asking: Promise<ResponseBody>): Promise<ResponseBody> {
    this.#waiting += 1
    try {
      return await asking
    } finally {
      this.#waiting -= 1
      // By then it has been sent.
      if (this.#waiting === 0) setImmediate(() => this.#tellIdle())
    }
  }

  #tellIdle(): void {
    if (this.#waiting > 0) return
    for (const tell of this.#idle) tell()
    this.#idle.clear()
  }

  #ask(key: string, question: Question): Promise<ResponseBody> {
    const asking = this.#askOthers(key, question).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return asking
  }

  async #askOthers(key: string, question: Question): Promise<ResponseBody> {
    this.counts.asked += 1
    const reply = await this.#forwarder.ask(question)
    if (reply === undefined) {
      this.counts.failed += 1
      const body = emptyBody(Rcode.SERVFAIL)
      this.#cache.keep(key, { body, isTruncated: false, ttls: [], ttl: 0 }, FAILED)
      return body
    }
    const { rcode } = reply.body
    const isKnown = rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN
    this.#cache.keep(key, reply, isKnown ? reply.ttl : FAILED)
    return reply.body
  }
}

/** @returns `undefined` for what makes no sense: nobody has to read it who only passes it on */
function sectionsOf(name: Name, body: ResponseBody): ReturnType<typeof readSections> | undefined {
  try {
    return readSections(name, body)
  } catch {
    return undefined
  }
}

function questionOf({ type, edns, flags }: Query, name: Name): Question {
  return { name, type, isOk: edns?.isOk ?? false, isUnchecked: (flags & 0x10) !== 0 }
}
