import { Duplex } from 'node:stream'

/** What is behind a terminal. */
export interface TerminalLine {
  /** Sends what is shown. */
  send(bytes: Buffer): void
  /** There is room for more of what is typed. */
  resume(): void
  /** Sends what was shown, and closes. */
  end(): void
}

const [LF, CR] = [10, 13]

/**
 * The terminal of a session, over telnet or SSH, as readline knows a terminal: its
 * readable side is what is typed, its writable side what is shown. Its writable side
 * never ends: what is written when the terminal is gone is given to `late`.
 */
export class Terminal extends Duplex {
  /** Whether keys come one by one, and are echoed here. */
  isTTY = false
  /** What it says it is, such as `xterm`; `undefined` if it didn't. */
  type: string | undefined
  columns: number | undefined
  rows: number | undefined
  /** Given what is written when it is gone. */
  late: (text: string) => void = () => {}
  readonly #line: TerminalLine
  /** Whether the terminal wants CR before LF: it does if nobody else puts it there. */
  readonly #addsCR: () => boolean
  #isAfterCR = false
  #hasEnded = false
  #isOver = false

  constructor(line: TerminalLine, addsCR: () => boolean) {
    super({ decodeStrings: true })
    this.#line = line
    this.#addsCR = addsCR
    // Nothing here is worth the process.
    this.on('error', () => {})
  }

  /** Whether it is gone. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Tells its size; zero is unknown (RFC 1073). */
  resize(columns: number, rows: number): void {
    this.columns = columns || undefined
    this.rows = rows || undefined
    this.emit('resize')
  }

  /** Takes what was typed. @returns whether there is room for more */
  typed(bytes: Buffer): boolean {
    return this.#hasEnded || this.push(bytes)
  }

  /** Nothing more will be typed; what was, counts. */
  endInput(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.push(null)
  }

  /** Closes it, after what was shown; or notes that it is gone. Twice is once. */
  hangUp(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#line.end()
    this.endInput()
    this.emit('over')
  }

  override _read(): void {
    this.#line.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#isOver) this.late(chunk.toString())
    else this.#line.send(this.#addsCR() ? this.#withCR(chunk) : chunk)
    done()
  }

  #withCR(chunk: Buffer): Buffer {
    const bytes = Buffer.allocUnsafe(chunk.length * 2)
    let length = 0
    for (const byte of chunk) {
      if (byte === LF && !this.#isAfterCR) {
        bytes[length] = CR
        length += 1
      }
      this.#isAfterCR = byte === CR
      bytes[length] = byte
      length += 1
    }
    return bytes.subarray(0, length)
  }
}
