/** The longest line of a head, in bytes. */
const LONGEST = 16_384

/** Reads one HTTP/1.1 reply from the bytes of a connection. */
export class ReplyReader {
  readonly #source: AsyncIterator<Buffer>
  readonly #heard: () => void
  readonly #coming: (headers: ReadonlyMap<string, string>) => void
  #rest: Buffer = Buffer.alloc(0)
  #headers = new Map<string, string>()

  /**
   * @param heard - called when something comes, each time
   * @param coming - called with the headers of a head that only says that a reply will come
   */
  constructor(
    source: AsyncIterable<Buffer>,
    heard: () => void,
    coming: (headers: ReadonlyMap<string, string>) => void = () => {},
  ) {
    this.#source = source[Symbol.asyncIterator]()
    this.#heard = heard
    this.#coming = coming
  }

  /** Reads the head of the reply, and those before it that only say that it will come. */
  async code(): Promise<number> {
    for (;;) {
      const code = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(await this.#line())?.[1]
      if (code === undefined) throw broken('ERR_NOT_HTTP', 'it does not speak HTTP')
      this.#headers = await this.#readHeaders()
      if (!code.startsWith('1')) return Number(code)
      this.#coming(this.#headers)
    }
  }

  /** The body, piece by piece; to be read once, after the code. */
  async *body(): AsyncGenerator<Buffer> {
    const length = this.#headers.get('content-length')
    if (/\bchunked\b/i.test(this.#headers.get('transfer-encoding') ?? '')) yield* this.#chunks()
    else if (length !== undefined) yield* this.#bytes(Number(length))
    else yield* this.#all()
  }

  async #readHeaders(): Promise<Map<string, string>> {
    const headers = new Map<string, string>()
    for (let line = await this.#line(); line !== ''; line = await this.#line()) {
      const colon = line.indexOf(':')
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    return headers
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const size = Number.parseInt(await this.#line(), 16)
      if (!(size >= 0)) throw broken('ERR_NOT_HTTP', 'it does not speak HTTP')
      yield* this.#bytes(size)
      await this.#line()
      if (size === 0) return
    }
  }

  async *#bytes(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw cutShort()
      const piece = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async *#all(): AsyncGenerator<Buffer> {
    do {
      yield this.#rest
      this.#rest = Buffer.alloc(0)
    } while (await this.#more())
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n')
      if (end >= 0) {
        const line = this.#rest.toString('latin1', 0, end).replace(/\r$/, '')
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      if (this.#rest.length > LONGEST) throw broken('ERR_NOT_HTTP', 'it does not speak HTTP')
      if (!(await this.#more())) throw cutShort()
    }
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done) return false
    this.#heard()
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value])
    return true
  }
}

function cutShort(): Error {
  return broken('ERR_CUT_SHORT', 'it went before it had answered')
}

function broken(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
