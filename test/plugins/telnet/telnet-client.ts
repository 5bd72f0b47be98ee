import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'

/** What a client of telnet says that is a terminal: DO ECHO, DO SGA, a size and a type. */
export const A_TERMINAL: readonly number[] = [
  ...[255, 253, 1, 255, 253, 3, 255, 251, 3],
  ...[255, 251, 31, 255, 250, 31, 0, 80, 0, 24, 255, 240],
  ...[255, 251, 24, 255, 250, 24, 0, ...Buffer.from('XTERM'), 255, 240],
]

/**
 * A client that says what it is told to, byte for byte. Of what it is shown, colours and
 * the moves of the cursor are left out.
 */
export class TelnetClient {
  readonly socket: Socket
  #shown = ''
  #isOver = false
  #look = (): void => {}

  static async connect(t: TestContext, port: number): Promise<TelnetClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    return new TelnetClient(socket)
  }

  /** Connects, and logs in as anna, whose password is `tiger`. */
  static async logIn(t: TestContext, port: number, terminal?: 'terminal'): Promise<TelnetClient> {
    const client = await TelnetClient.connect(t, port)
    if (terminal !== undefined) client.send(...A_TERMINAL)
    await client.shows('Username: ')
    client.send('anna\r\n')
    await client.shows('Password: ')
    client.send('tiger\r\n')
    if (terminal !== undefined) await client.shows('to leave\r\n')
    return client
  }

  constructor(socket: Socket) {
    this.socket = socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (text) => {
      this.#shown = stripVTControlCharacters(this.#shown + text)
      this.#look()
    })
    const over = (): void => {
      this.#isOver = true
      this.#look()
    }
    socket.on('end', over).on('close', over)
  }

  send(...what: (number | string)[]): void {
    const parts = what.map((each) =>
      typeof each === 'number' ? Buffer.of(each) : Buffer.from(each),
    )
    this.socket.write(Buffer.concat(parts))
  }

  /** Waits for a text; gives what was shown before it. What was shown is shown no more. */
  async shows(text: string): Promise<string> {
    return await new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`waited in vain for ${text}: ${JSON.stringify(this.#shown)}`)),
        60_000,
      )
      this.#look = () => {
        const at = this.#shown.indexOf(text)
        if (at >= 0) {
          const before = this.#shown.slice(0, at)
          this.#shown = this.#shown.slice(at + text.length)
          this.#look = () => {}
          clearTimeout(limit)
          resolve(before)
        } else if (this.#isOver) {
          clearTimeout(limit)
          reject(new Error(`hung up on without ${text}: ${JSON.stringify(this.#shown)}`))
        }
      }
      this.#look()
    })
  }

  /** All that is shown before it is hung up on. */
  async rest(): Promise<string> {
    return await new Promise((resolve) => {
      this.#look = () => {
        if (this.#isOver) resolve(this.#shown)
      }
      this.#look()
    })
  }
}
