import { isUtf8 } from 'node:buffer'

const [CR, LF, IAC] = [13, 10, 255]
/** The first of telnet's commands that has an option's number after it, and the last. */
const [WILL, DONT] = [251, 254]
/** The first of telnet's commands; below it, what follows IAC is what was meant. */
const FIRST_COMMAND = 240
/** An interrupt, and the mark that goes with it. */
const [INTERRUPT, DATA_MARK] = [244, 242]

/**
 * Takes lines out of a control connection, which is one of telnet's (RFC 959, 2.3 and
 * RFC 854): its commands are left out.
 *
 * LF ends a line, with CR before it or without. `ABOR` ends with its CR, for its LF may
 * never come: clients send it as urgent data, of which the last byte is lost here.
 */
export class TelnetLines {
  readonly #most: number
  #line: number[] = []
  #telnet: 'none' | 'command' | 'option' | 'interrupted' = 'none'
  #isTooLong = false
  /** Whether the LF of an `ABOR` may come yet. */
  #hasEnded = false

  /** @param most - how many bytes a line may have */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * @returns the lines that have come to their end; `undefined` for one that is too long,
   * or not in UTF-8: two names would be the same. No more than `most` bytes of one are kept.
   */
  *add(data: Uint8Array): Generator<string | undefined> {
    for (const byte of data) {
      if (this.#isTelnet(byte)) continue
      const isRest = this.#hasEnded && byte === LF
      this.#hasEnded = false
      if (isRest) continue
      if (byte === LF) {
        yield this.#end()
      } else if (byte === CR && this.#isAbort()) {
        this.#hasEnded = true
        yield this.#end()
      } else if (this.#line.length < this.#most) this.#line.push(byte)
      else this.#isTooLong ||= byte !== CR
    }
  }

  #isAbort(): boolean {
    return this.#line.length === 4 && /^ABOR$/i.test(String.fromCharCode(...this.#line))
  }

  #end(): string | undefined {
    if (this.#line.at(-1) === CR) this.#line.pop()
    const line = Buffer.from(this.#line)
    const isReadable = !this.#isTooLong && isUtf8(line)
    this.#line = []
    this.#isTooLong = false
    return isReadable ? line.toString() : undefined
  }

  #isTelnet(byte: number): boolean {
    switch (this.#telnet) {
      // That of BSD's ftp, whose IAC was urgent, and is lost.
      case 'interrupted':
        this.#telnet = byte === IAC ? 'command' : 'none'
        return byte === IAC || byte === DATA_MARK
      case 'none':
        if (byte !== IAC) return false
        this.#telnet = 'command'
        return true
      case 'command':
        this.#telnet = after(byte)
        // IAC IAC is the byte itself; other bytes follow an IAC whose command was urgent.
        return byte >= FIRST_COMMAND && byte !== IAC
      case 'option':
        this.#telnet = 'none'
        return true
    }
  }
}

/** What is to come when a command has come. */
function after(command: number): 'option' | 'interrupted' | 'none' {
  if (command === INTERRUPT) return 'interrupted'
  return command >= WILL && command <= DONT ? 'option' : 'none'
}
