/** A line of more than so many bytes is passed on in pieces. */
const LONGEST = 16_384
const NEWLINE = 10

/** Makes lines of what a process prints, and keeps no more than one that isn't complete. */
export class LineSplitter {
  readonly #onLine: (line: string) => void
  readonly #longest: number
  #partial: Buffer = Buffer.alloc(0)

  constructor(onLine: (line: string) => void, longest: number = LONGEST) {
    this.#onLine = onLine
    this.#longest = longest
  }

  write(chunk: Buffer): void {
    let data = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    for (;;) {
      const end = data.indexOf(NEWLINE)
      if (end !== -1 && end <= this.#longest) {
        this.#tell(data.subarray(0, end))
        data = data.subarray(end + 1)
      } else if (end > this.#longest || data.length > this.#longest) {
        const cut = characterBefore(data, this.#longest)
        this.#tell(data.subarray(0, cut))
        data = data.subarray(cut)
      } else break
    }
    // A copy, so that a few bytes don't keep all of a chunk.
    this.#partial = Buffer.from(data)
  }

  /** Passes on the last line, if that has no end. */
  end(): void {
    if (this.#partial.length > 0) this.#tell(this.#partial)
    this.#partial = Buffer.alloc(0)
  }

  #tell(line: Buffer): void {
    const text = line.toString('utf8')
    this.#onLine(text.endsWith('\r') ? text.slice(0, -1) : text)
  }
}

/** Where a character begins, at `at` or a few bytes before it. */
function characterBefore(data: Buffer, at: number): number {
  for (let cut = at; cut > at - 4 && cut > 0; cut -= 1) {
    if (((data[cut] as number) & 0xc0) !== 0x80) return cut
  }
  return at
}
