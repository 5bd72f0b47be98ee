import { writeSync } from 'node:fs'

/** The file descriptor that the child's reports go out on. */
export const REPORT_FD = 3

/**
 * What the child says on a line of its own: `ready` when what goes wrong is the
 * dropins' doing from now on, with the milliseconds that they have for it; `late`
 * when they took longer, in seconds; `flooded` when they took more memory than
 * so many megabytes; `read` with what it reports of one dropin.
 */
export type Message =
  | { readonly is: 'ready'; readonly amount: number }
  | { readonly is: 'late'; readonly amount: number }
  | { readonly is: 'flooded'; readonly amount: number }
  | { readonly is: 'read'; readonly file: string; readonly report: object }

const { stringify } = JSON
const write = writeSync

/**
 * Writes a message. A dropin can write there too, so each begins with a token
 * that dropins aren't given, and on a line of its own, whatever was there before.
 */
export function writeMessage(token: string, message: Message): void {
  const bytes = Buffer.from(`\n${token} ${stringify(message)}\n`)
  let written = 0
  while (written < bytes.length) written += write(REPORT_FD, bytes, written)
}

/** Takes messages out of what comes in, in pieces of any size. */
export class MessageReader {
  readonly #start: string
  readonly #decoder = new TextDecoder()
  #rest = ''

  constructor(token: string) {
    this.#start = `${token} `
  }

  /** The messages that these bytes end. */
  take(bytes: Uint8Array): Message[] {
    const lines = this.#decoder.decode(bytes, { stream: true }).split('\n')
    // Only what is new is looked through: a line can be as long as a dropin likes.
    lines[0] = this.#rest + lines[0]
    this.#rest = lines.pop()!
    return lines.filter((line) => line.startsWith(this.#start)).flatMap((line) => this.#parse(line))
  }

  #parse(line: string): Message[] {
    try {
      const message: unknown = JSON.parse(line.slice(this.#start.length))
      return typeof message === 'object' && message !== null ? [message as Message] : []
    } catch {
      return []
    }
  }
}
