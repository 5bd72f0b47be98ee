import type { Socket } from 'node:net'
import * as telnet from './codes.ts'
import { hangUp } from './hang-up.ts'
import { TelnetEncoder } from './telnet-encoder.ts'
import { type Side, TelnetOptions } from './telnet-options.ts'
import { TelnetParser } from './telnet-parser.ts'
import { Terminal } from './terminal.ts'

/** The keys that a terminal has for commands of telnet. */
const keys: { readonly [command: number]: number } = {
  [telnet.EOF]: 0x04,
  [telnet.ABORT]: 0x03,
  [telnet.BREAK]: 0x03,
  [telnet.INTERRUPT_PROCESS]: 0x03,
  [telnet.ERASE_CHARACTER]: 0x7f,
  [telnet.ERASE_LINE]: 0x15,
}

/** What a type of terminal may be called (RFC 1091 has them in capitals). */
const TYPE = /^[\w+./-]{1,40}$/

/**
 * A connection of telnet, and the terminal that its client is. It asks for what makes a
 * terminal of a client that can be one, and goes without where that isn't agreed on.
 */
export class TelnetConnection {
  readonly terminal: Terminal
  /** How many bytes may wait for a client that doesn't read before it is cut. */
  mostUnsent = 65_536
  /** Called when it is cut for that. */
  onCut: () => void = () => {}
  readonly #socket: Socket
  readonly #encoder = new TelnetEncoder()
  readonly #parser: TelnetParser
  readonly #options: TelnetOptions

  constructor(socket: Socket) {
    this.#socket = socket
    this.terminal = new Terminal(
      {
        send: (bytes) => this.#send(this.#encoder.encode(bytes)),
        resume: () => socket.resume(),
        end: () => hangUp(socket),
      },
      () => true,
    )
    this.#options = new TelnetOptions(
      {
        ours: [telnet.ECHO, telnet.SUPPRESS_GO_AHEAD, telnet.BINARY],
        theirs: [telnet.SUPPRESS_GO_AHEAD, telnet.WINDOW_SIZE, telnet.TERMINAL_TYPE, telnet.BINARY],
      },
      (verb, option) => this.#send(Buffer.of(telnet.IAC, verb, option)),
      (side, option, is) => this.#changed(side, option, is),
    )
    this.#parser = new TelnetParser({
      data: (bytes) => {
        if (!this.terminal.typed(bytes)) socket.pause()
      },
      command: (code) => this.#command(code),
      negotiation: (verb, option) => this.#options.hear(verb, option),
      subnegotiation: (option, bytes) => this.#subnegotiation(option, bytes),
    })
  }

  /** Says what it can, and listens. */
  open(): void {
    this.#options.ask('ours', telnet.ECHO)
    this.#options.ask('ours', telnet.SUPPRESS_GO_AHEAD)
    this.#options.ask('theirs', telnet.SUPPRESS_GO_AHEAD)
    this.#options.ask('theirs', telnet.WINDOW_SIZE)
    this.#options.ask('theirs', telnet.TERMINAL_TYPE)
    // Who has said all may still hear what comes of it.
    this.#socket.allowHalfOpen = true
    this.#socket
      .on('data', (chunk) => this.#hear(chunk))
      .on('end', () => this.terminal.endInput())
      .on('close', () => this.terminal.hangUp())
  }

  /** What is answered is sent in one piece. */
  #hear(chunk: Buffer): void {
    this.#socket.cork()
    this.#parser.write(chunk)
    this.#socket.uncork()
  }

  #send(bytes: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#socket.write(bytes)
    if (this.#socket.writableLength <= this.mostUnsent) return
    this.onCut()
    this.#socket.destroy()
  }

  #changed(side: Side, option: number, is: boolean): void {
    if (option === telnet.BINARY) {
      if (side === 'ours') this.#encoder.isBinary = is
      else this.#parser.isBinary = is
    } else if (option === telnet.ECHO) {
      // Who lets this side echo sends each key as it is typed (RFC 857, 858).
      this.terminal.isTTY = is
    } else if (option === telnet.TERMINAL_TYPE && is) {
      this.#send(this.#subnegotiationOf(telnet.TERMINAL_TYPE, telnet.SEND))
    }
  }

  #subnegotiationOf(option: number, ...bytes: number[]): Buffer {
    return Buffer.of(telnet.IAC, telnet.SB, option, ...bytes, telnet.IAC, telnet.SE)
  }

  #subnegotiation(option: number, bytes: Buffer): void {
    if (option === telnet.WINDOW_SIZE && bytes.length === 4) {
      this.terminal.resize(bytes.readUInt16BE(0), bytes.readUInt16BE(2))
    } else if (option === telnet.TERMINAL_TYPE && bytes[0] === telnet.IS) {
      const type = bytes.toString('latin1', 1)
      if (TYPE.test(type)) this.terminal.type = type.toLowerCase()
    }
  }

  #command(code: number): void {
    const key = keys[code]
    if (key !== undefined) this.terminal.typed(Buffer.of(key))
    else if (code === telnet.ARE_YOU_THERE) this.terminal.write('[yes]\n')
  }
}
