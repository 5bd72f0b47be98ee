import { DATA_MARK, DONT, FIRST_COMMAND, IAC, SB, SE, type Verb, WILL } from './codes.ts'

/** What a client says, in its order. */
export interface TelnetListener {
  /** What was typed, without anything of telnet's. The end of a line is CR, or LF by itself. */
  data(bytes: Buffer): void
  /** One of the commands that have nothing after them. */
  command(code: number): void
  negotiation(verb: Verb, option: number): void
  subnegotiation(option: number, bytes: Buffer): void
}

/** So long is no subnegotiation that is known here: the rest of one is dropped, and so is it. */
const LONGEST_SUBNEGOTIATION = 256

const [NUL, LF, CR] = [0, 10, 13]

type State = 'data' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation command'

/**
 * Takes what a client sends apart (RFC 854, 855): bytes of any kind, in pieces of any
 * length. It never holds more than one subnegotiation.
 */
export class TelnetParser {
  /** Whether what comes is binary (RFC 856): nothing is left out after a CR. */
  isBinary = false
  readonly #listener: TelnetListener
  #state: State = 'data'
  #isAfterCR = false
  #verb: Verb = WILL
  #subnegotiation: number[] = []

  constructor(listener: TelnetListener) {
    this.#listener = listener
  }

  write(chunk: Uint8Array): void {
    const data = Buffer.allocUnsafe(chunk.length)
    let length = 0
    const flush = (): void => {
      if (length === 0) return
      this.#listener.data(Buffer.from(data.subarray(0, length)))
      length = 0
    }
    for (const byte of chunk) {
      const typed = this.#take(byte, flush)
      if (typed === undefined) continue
      data[length] = typed
      length += 1
    }
    flush()
  }

  /** @returns the byte if it was typed */
  #take(byte: number, flush: () => void): number | undefined {
    switch (this.#state) {
      case 'data':
        if (byte !== IAC) return this.#typed(byte)
        this.#state = 'command'
        return undefined
      case 'command':
        return this.#command(byte, flush)
      case 'option':
        this.#state = 'data'
        flush()
        this.#listener.negotiation(this.#verb, byte)
        return undefined
      case 'subnegotiation':
        if (byte === IAC) this.#state = 'subnegotiation command'
        else this.#collect(byte)
        return undefined
      case 'subnegotiation command':
        return this.#inSubnegotiation(byte, flush)
    }
  }

  /** CR comes with LF or NUL after it (RFC 854). */
  #typed(byte: number): number | undefined {
    // Of a synch whose IAC was the urgent data, as GNU's telnet sends it. No character that
    // there is has this byte in UTF-8.
    if (byte === DATA_MARK && !this.isBinary) return undefined
    const isRest = this.#isAfterCR && !this.isBinary && (byte === LF || byte === NUL)
    this.#isAfterCR = byte === CR
    return isRest ? undefined : byte
  }

  #command(byte: number, flush: () => void): number | undefined {
    this.#state = 'data'
    // The data mark of a synch is urgent data, which Node doesn't pass on: what follows
    // the IAC then is what was typed next.
    if (byte === IAC || byte < FIRST_COMMAND) return this.#typed(byte)
    this.#isAfterCR = false
    if (byte >= WILL && byte <= DONT) {
      this.#verb = byte as Verb
      this.#state = 'option'
    } else if (byte === SB) {
      this.#subnegotiation = []
      this.#state = 'subnegotiation'
    } else {
      flush()
      this.#listener.command(byte)
    }
    return undefined
  }

  #inSubnegotiation(byte: number, flush: () => void): number | undefined {
    if (byte === IAC) {
      this.#state = 'subnegotiation'
      this.#collect(byte)
      return undefined
    }
    // Another command ends it, unfinished.
    if (byte !== SE) return this.#command(byte, flush)
    this.#state = 'data'
    const [option, ...bytes] = this.#subnegotiation
    if (option === undefined || this.#subnegotiation.length > LONGEST_SUBNEGOTIATION) return
    flush()
    this.#listener.subnegotiation(option, Buffer.from(bytes))
    return undefined
  }

  #collect(byte: number): void {
    if (this.#subnegotiation.length <= LONGEST_SUBNEGOTIATION) this.#subnegotiation.push(byte)
  }
}
