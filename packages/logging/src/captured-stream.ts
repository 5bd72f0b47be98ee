import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** A text without end must not fill the memory: this much of a line is logged as a line. */
const LONGEST_PARTIAL = 65_536

type Done = (error?: Error | null) => void
type Encoding = BufferEncoding | Done

/**
 * Stands in for `process.stdout` or `process.stderr` and hands on whole lines.
 * Like the real ones it cannot be closed; it is not a terminal.
 *
 * @internal
 */
export class CapturedStream extends Writable {
  readonly fd: number
  /** Where writes go once the capture has ended, for those who kept this stream. */
  successor: (() => NodeJS.WritableStream) | undefined
  /** Whether to hand on what has no newline yet as well: nothing more may come. */
  unbuffered = false
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder()
  #partial = ''

  constructor(fd: number, onLine: (line: string) => void) {
    super({ decodeStrings: false })
    this.fd = fd
    this.#onLine = onLine
    // pino, and so Fastify, writes to the descriptor of a stream that has no method of its own.
    this.write = this.write.bind(this)
  }

  // A Writable would keep what an observer prints until the line that it observes is
  // done, and the hub could not tell any more that the observer has printed it.
  override write(chunk: unknown, encoding?: Encoding, done?: Done): boolean {
    const callback = typeof encoding === 'function' ? encoding : done
    const name = typeof encoding === 'string' ? encoding : 'utf8'
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new TypeError('The "chunk" argument must be a string or a Uint8Array')
    }
    if (this.successor !== undefined) return this.successor().write(chunk as string, name, callback)
    this.#add(textOf(chunk, name, this.#decoder))
    if (callback !== undefined) process.nextTick(callback)
    return true
  }

  override end(...args: unknown[]): this {
    const [chunk, encoding] = args
    const done = args.find((arg) => typeof arg === 'function') as Done | undefined
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) {
      this.write(chunk, encoding as Encoding, done)
    } else if (done !== undefined) process.nextTick(done)
    return this
  }

  override destroy(): this {
    return this
  }

  /** Hands on what has no newline yet. */
  flush(): void {
    this.#partial += this.#decoder.end()
    if (this.#partial !== '') this.#take(this.#partial)
    this.#partial = ''
  }

  #add(text: string): void {
    const lines = (this.#partial + text).split('\n')
    this.#partial = lines.pop()!
    for (const line of lines) this.#take(line)
    if (this.unbuffered || this.#partial.length > LONGEST_PARTIAL) this.flush()
  }

  #take(line: string): void {
    this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
  }
}

function textOf(
  chunk: string | Uint8Array,
  encoding: BufferEncoding,
  decoder: StringDecoder,
): string {
  if (typeof chunk !== 'string') return decoder.write(chunk)
  const isText = encoding === 'utf8' || encoding === 'utf-8'
  return isText ? chunk : decoder.write(Buffer.from(chunk, encoding))
}
