import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { oneLine } from './one-line.ts'
import { TelnetLines } from './telnet-lines.ts'

/** How many bytes a command may have. */
const LONGEST = 4096

/** How long a client may take to agree on keys, in ms. */
const HANDSHAKE = 30_000

/** How long replies are held at the most, in ms. */
const SHORTLY = 5

/** How long a client may take no byte of its last replies, at the most, in ms. */
const GOODBYE = 10_000

/** What becomes of what a client sends. */
export interface ControlEvents {
  /** A command; `undefined` for one that is too long, or not in UTF-8. */
  line(text: string | undefined): void
  /** The client says no more; it may read on. */
  ended(): void
  /** There was no byte for as long as `setTimeout` of the socket said. */
  silent(): void
  /** It is over; called once. */
  lost(): void
}

/** The control connection of one session: lines in, replies out. */
export class ControlConnection {
  readonly #events: ControlEvents
  #lines = new TelnetLines(LONGEST)
  readonly #onData = (data: Buffer): void => this.#received(data)
  readonly #onEnd = (): void => this.#events.ended()
  /** In ms; 0 for none. */
  #timeout = 0
  #socket: Socket
  #isLost = false
  #isEnding = false
  #held: string | undefined
  #holding: NodeJS.Timeout | undefined

  constructor(socket: Socket, events: ControlEvents) {
    this.#socket = socket
    this.#events = events
    socket.setNoDelay(true)
    socket.allowHalfOpen = true
    socket.on('close', () => this.#lost())
    this.#attach()
  }

  /** Whether it has TLS. */
  get isSecure(): boolean {
    return this.#socket instanceof TLSSocket
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** The address of the client, an IPv4 one as such; `undefined` for a UNIX socket. */
  get peer(): string | undefined {
    return plainAddress(this.#socket.remoteAddress)
  }

  /** This end's. */
  get host(): string | undefined {
    return plainAddress(this.#socket.localAddress)
  }

  /** One line of a reply that has no other, or the last of several. */
  reply(code: number, text: string): void {
    this.#write(`${code} ${oneLine(text)}\r\n`)
  }

  /** A reply of several lines; those between the first and the last begin with a space. */
  replyLines(code: number, first: string, lines: readonly string[], last: string): void {
    const middle = lines.map((line) => ` ${oneLine(line)}\r\n`).join('')
    this.#write(`${code}-${oneLine(first)}\r\n${middle}${code} ${oneLine(last)}\r\n`)
  }

  /**
   * Collects replies, to send them in one go; what is not released in no time goes out
   * without.
   */
  hold(): void {
    this.#held ??= ''
    this.#holding ??= setTimeout(() => this.release(), SHORTLY)
  }

  /** Sends what was held, if anything. */
  release(): void {
    clearTimeout(this.#holding)
    const held = this.#held ?? ''
    this.#holding = undefined
    this.#held = undefined
    if (held !== '') this.#write(held)
  }

  /** Whether the client leaves so much unread that no more may be written. */
  get isBlocked(): boolean {
    return this.#socket.writableNeedDrain
  }

  /** Resolves when the client has taken what was written, so far that more may be. */
  async drained(): Promise<void> {
    const socket = this.#socket
    if (!this.isBlocked || socket.destroyed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  /** Reads no more for the time being: the client has to wait with what it sends. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** After how many ms without a byte `silent` is called, again and again; 0 for never. */
  setTimeout(timeout: number): void {
    this.#timeout = timeout
    this.#socket.setTimeout(timeout)
  }

  /**
   * Goes on with TLS after a last reply in the clear. What the client has sent already
   * is dropped: it was not protected, and anybody may have put it there.
   */
  secure(context: SecureContext, code: number, text: string): void {
    const raw = this.#socket
    raw.off('data', this.#onData).off('end', this.#onEnd)
    raw.pause()
    raw.setTimeout(0)
    this.#lines = new TelnetLines(LONGEST)
    raw.write(`${code} ${text}\r\n`, () => {
      if (raw.destroyed) return
      const socket = new TLSSocket(raw, { isServer: true, secureContext: context })
      this.#socket = socket
      const timer = setTimeout(() => socket.destroy(), HANDSHAKE)
      socket.once('secure', () => clearTimeout(timer))
      socket.once('close', () => {
        clearTimeout(timer)
        raw.destroy()
      })
      this.#attach()
      this.setTimeout(this.#timeout)
    })
  }

  /** Closes it when all that was written has been sent, or the client takes none of it. */
  end(): void {
    this.release()
    this.#isEnding = true
    this.#socket.setTimeout(Math.min(this.#timeout || GOODBYE, GOODBYE))
    this.#socket.destroySoon()
  }

  /** Closes it, whatever has not been sent. */
  destroy(): void {
    this.#socket.destroy()
  }

  #attach(): void {
    const socket = this.#socket
    socket.on('data', this.#onData).on('end', this.#onEnd)
    socket.on('timeout', () => (this.#isEnding ? this.destroy() : this.#events.silent()))
    // What comes of it is the close.
    socket.on('error', () => {})
  }

  #received(data: Buffer): void {
    const lines = this.#lines
    for (const line of lines.add(data)) {
      if (this.#isLost || this.#socket.writableEnded) return
      this.#events.line(line)
      // What follows AUTH in the clear is not listened to.
      if (lines !== this.#lines) return
    }
  }

  #write(text: string): void {
    if (this.#held !== undefined) this.#held += text
    else if (this.#socket.writable) this.#socket.write(text)
  }

  #lost(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#events.lost()
  }
}

/** An IPv4 address in the form of IPv6 is the same client. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '')
}
