import { isNow, type LogPart, openNow, openPart, partsBefore, rotatedParts } from './log-files.ts'

/** How long a file is still read when the next one has been begun, in ms. */
const OVERLAP = 10_000

/**
 * Reads on in a log as it grows: through every rotation, however many there were
 * since the last look, and in the order of the files.
 */
export class LogFollower {
  readonly #path: string
  readonly #complain: (line: string) => void
  #part: LogPart
  #at: number
  /** The number of the newest rotated file that is older than the part. */
  #number: number
  /** Another process may write to the part before a little longer. */
  #before: { part: LogPart; at: number; until: number } | undefined

  constructor(path: string, live: LogPart, at: number, complain: (line: string) => void) {
    this.#complain = complain
    this.#path = path
    this.#part = live
    this.#at = at
    this.#number = partsBefore(path, live).at(-1)?.number ?? 0
  }

  /** What has come since the last call, piece by piece. */
  async *news(): AsyncGenerator<Buffer> {
    yield* this.#newsBefore()
    for (;;) {
      yield* this.#newsHere()
      if (isNow(this.#path, this.#part)) return
      const next = await this.#next()
      if (next === undefined) return
      // It may have grown between the last look and the rotation.
      yield* this.#newsHere()
      this.#before?.part.close()
      this.#before = { part: this.#part, at: this.#at, until: Date.now() + OVERLAP }
      this.#part = next
      this.#at = 0
    }
  }

  *#newsHere(): Generator<Buffer> {
    // Emptied, as by an external `copytruncate`.
    if (this.#part.size < this.#at) this.#at = 0
    for (
      let bytes = this.#part.read(this.#at);
      bytes.length > 0;
      bytes = this.#part.read(this.#at)
    ) {
      this.#at += bytes.length
      yield bytes
    }
  }

  *#newsBefore(): Generator<Buffer> {
    const before = this.#before
    if (before === undefined) return
    for (let bytes = before.part.read(before.at); bytes.length > 0; ) {
      before.at += bytes.length
      yield bytes
      bytes = before.part.read(before.at)
    }
    if (Date.now() < before.until) return
    before.part.close()
    this.#before = undefined
  }

  /** The file that follows the part; `undefined` while there is none. */
  async #next(): Promise<LogPart | undefined> {
    // Opened before the others are listed: if it is rotated meanwhile, it is among them.
    const newest = openNow(this.#path)
    for (const { path, number } of rotatedParts(this.#path)) {
      if (number <= this.#number) continue
      this.#number = number
      const part = await openPart(path, this.#complain)
      if (part !== undefined && !part.is(this.#part.stats) && !part.isMadeOf(this.#part)) {
        newest?.close()
        return part
      }
      part?.close()
    }
    return newest
  }
}
