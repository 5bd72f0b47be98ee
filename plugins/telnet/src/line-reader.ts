import type { Terminal } from './terminal.ts'

/** So long is no name and no password. */
const LONGEST = 1024

const [CTRL_C, CTRL_D, BACKSPACE, LF, CR, CTRL_U, DELETE] = [3, 4, 8, 10, 13, 21, 127]

/**
 * Asks for lines before there is a session. Of what is typed it shows what the terminal
 * doesn't show itself, and nothing of a password; it knows the keys that every terminal
 * has.
 */
export class LineReader {
  readonly #terminal: Terminal

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /**
   * @returns the line, in UTF-8; `undefined` if the client has gone, or wants to, by ^C or ^D
   */
  async ask(prompt: string, { hidden = false } = {}): Promise<string | undefined> {
    const terminal = this.#terminal
    terminal.write(prompt)
    const line = new Line((text) => {
      if (terminal.isTTY && !hidden) terminal.write(text)
    })
    const isWhole = await new Promise<boolean>((resolve) => {
      const end = (whole: boolean): void => {
        terminal.off('data', take).off('end', gone).off('over', gone).pause()
        resolve(whole)
      }
      const gone = (): void => end(false)
      const take = (chunk: Buffer): void => {
        for (const [at, byte] of chunk.entries()) {
          const what = line.type(byte)
          if (what === undefined) continue
          end(what === 'enter')
          if (at + 1 < chunk.length) terminal.unshift(chunk.subarray(at + 1))
          return
        }
      }
      if (terminal.isOver || terminal.readableEnded) resolve(false)
      else terminal.on('data', take).on('end', gone).on('over', gone).resume()
    })
    if (isWhole && terminal.isTTY) terminal.write('\n')
    return isWhole ? line.text : undefined
  }
}

class Line {
  readonly #show: (text: string | Buffer) => void
  #bytes: number[] = []

  constructor(show: (text: string | Buffer) => void) {
    this.#show = show
  }

  get text(): string {
    return Buffer.from(this.#bytes).toString()
  }

  /** @returns what has become of the line, if it is over */
  type(byte: number): 'enter' | 'leave' | undefined {
    switch (byte) {
      case CR:
      case LF:
        return 'enter'
      case CTRL_C:
        return 'leave'
      case CTRL_D:
        return this.#bytes.length === 0 ? 'leave' : undefined
      case BACKSPACE:
      case DELETE:
        this.#erase()
        return undefined
      case CTRL_U:
        while (this.#bytes.length > 0) this.#erase()
        return undefined
      default:
        if (byte < 32) return undefined
        if (this.#bytes.length === LONGEST) return 'leave'
        this.#bytes.push(byte)
        this.#show(Buffer.of(byte))
        return undefined
    }
  }

  /** Takes back the last character, of as many bytes as it has. */
  #erase(): void {
    let byte = this.#bytes.pop()
    if (byte === undefined) return
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#bytes.pop()
    this.#show('\b \b')
  }
}
