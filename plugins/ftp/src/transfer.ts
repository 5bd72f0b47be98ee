import type { Socket } from 'node:net'
import { type Count, finish } from './move-bytes.ts'
import { Refusal, refusalOf } from './refusal.ts'
import type { Session } from './session.ts'

/** What is to be moved over a data connection. */
export interface Cargo {
  /** What is logged: `RETR /poem.txt`; a listing is not. */
  readonly what?: string
  /** Its name in replies. */
  readonly name: string
  /** Whether this end sends. */
  readonly sends: boolean
  /** Moves it all; the connection is closed then. */
  move(socket: Socket, count: Count): Promise<void>
}

/** One transfer over a data connection, with its replies and its line in the log. */
export class Transfer {
  readonly #session: Session
  readonly #cargo: Cargo
  readonly #controller = new AbortController()
  readonly #count: Count = { bytes: 0 }
  readonly #begun = performance.now()

  constructor(session: Session, cargo: Cargo) {
    this.#session = session
    this.#cargo = cargo
  }

  /** Makes it. Resolves when the client has been told how it went. */
  async run(): Promise<void> {
    const { control, over } = this.#session
    this.#session.transfer = this
    const abort = (): void => this.#controller.abort()
    over.signal.addEventListener('abort', abort)
    try {
      const failure = await this.#attempt()
      this.#log(failure)
      const direction = this.#cargo.sends ? 'sent' : 'received'
      this.#session.factory.transfers.add(direction, this.#count.bytes, failure === undefined)
      if (failure === undefined) control.reply(226, 'Transfer complete.')
      else control.reply(failure.code, failure.message)
      if (this.#controller.signal.aborted) control.reply(226, 'Abort successful.')
    } finally {
      over.signal.removeEventListener('abort', abort)
      this.#session.transfer = undefined
    }
  }

  /** Cuts it, for ABOR. */
  abort(): void {
    this.#controller.abort()
  }

  /** Says how far it is, for STAT. */
  tell(): void {
    this.#session.control.reply(213, `${this.#cargo.name}: ${this.#count.bytes} bytes so far.`)
  }

  async #attempt(): Promise<Refusal | undefined> {
    const session = this.#session
    const { signal } = this.#controller
    const { tls, timeout } = session.factory.settings
    let socket: Socket | undefined
    try {
      socket = await session.data.open(signal)
      session.control.reply(150, `Opening data connection for ${this.#cargo.name}.`)
      // The client agrees on keys after it has read that.
      if (session.protection === 'P' && tls) socket = session.data.secure(socket, tls)
      const opened = socket
      signal.addEventListener('abort', () => opened.destroy())
      if (timeout > 0) opened.setTimeout(timeout * 1000, () => opened.destroy())
      await this.#cargo.move(opened, this.#count)
      if (this.#cargo.sends) await finish(opened)
      // All is here already, however the client leaves.
      else await finish(opened).catch(() => {})
      return undefined
    } catch (error) {
      const refusal = refusalOf(error, this.#cargo.name)
      if (refusal !== undefined) return refusal
      if (socket?.destroyed) return new Refusal(426, 'Connection closed; transfer aborted.')
      throw error
    } finally {
      // What was sent stays open until the client has it all.
      if (socket?.writableFinished !== true) socket?.destroy()
    }
  }

  #log(failure: Refusal | undefined): void {
    const { what } = this.#cargo
    if (what === undefined) return
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(2)
    const moved = `${this.#count.bytes} bytes in ${seconds} s`
    this.#session.log(
      failure === undefined
        ? `${what}: ${moved}`
        : `${what}: failed after ${moved}: ${failure.message}`,
    )
  }
}
