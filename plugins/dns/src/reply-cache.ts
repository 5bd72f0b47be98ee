import type { Reply } from './reply.ts'
import type { ResponseBody } from './response-body.ts'

/** An entry may take so many bytes, on the average of as many as there may be. */
const BYTES_EACH = 1024
/** What an entry takes beside its bytes, roughly. */
const OVERHEAD = 300

interface Entry {
  readonly reply: Reply
  /** When it came, and when it is to be forgotten, in ms of a clock that goes on evenly. */
  readonly since: number
  readonly until: number
}

/** Replies, as long as they may be kept; the ones that nobody has asked for go first. */
export class ReplyCache {
  readonly #most: number
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  /**
   * @param most how many replies are kept; 0 for none
   * @param now the time in ms
   */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most
    this.#now = now
  }

  get size(): number {
    return this.#entries.size
  }

  /** What is known, with TTLs as they are by now. */
  find(key: string): ResponseBody | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const now = this.#now()
    if (now >= entry.until) {
      this.#forget(key, entry)
      return undefined
    }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return aged(entry.reply, Math.floor((now - entry.since) / 1000))
  }

  /** Keeps a reply for so many seconds. */
  keep(key: string, reply: Reply, seconds: number): void {
    const size = sizeOf(key, reply)
    if (this.#most === 0 || seconds <= 0 || size > this.#most * BYTES_EACH) return
    const there = this.#entries.get(key)
    if (there !== undefined) this.#forget(key, there)
    const since = this.#now()
    this.#entries.set(key, { reply, since, until: since + seconds * 1000 })
    this.#bytes += size
    while (this.#entries.size > this.#most || this.#bytes > this.#most * BYTES_EACH) {
      const [oldest] = this.#entries
      if (oldest === undefined) break
      this.#forget(...oldest)
    }
  }

  #forget(key: string, { reply }: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, reply)
  }
}

function sizeOf(key: string, { body }: Reply): number {
  return OVERHEAD + 2 * key.length + body.bytes.length
}

function aged({ body, ttls }: Reply, seconds: number): ResponseBody {
  if (seconds === 0 || ttls.length === 0) return body
  const bytes = Buffer.from(body.bytes)
  for (const at of ttls) bytes.writeUInt32BE(Math.max(0, bytes.readUInt32BE(at) - seconds), at)
  return { ...body, bytes }
}
