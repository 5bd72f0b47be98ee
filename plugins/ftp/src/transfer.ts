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
  /** Whether it is sent in no time. */
  readonly isShort?: boolean
  /** Moves it all; the connection is closed then. */
  move(socket: Socket, count: Count): Promise<void>
}

/** One transfer over a data connection, with its replies and its line in the log. */
export class Transfer {
  readonly #session: Session
  readonly #cargo: Cargo
  readonly #count: Count = { bytes: 0 }
  readonly #begun = performance.now()
  #isAborted = false

  constructor(session: Session, cargo: Cargo) {
    this.#session = session
    this.#cargo = cargo
  }

  /** Makes it. Resolves when the client has been told how it went. */
  async run(): Promise<void> {
    const { control, factory } = this.#session
    this.#session.transfer = this
    // The reply before a short one goes out with the reply after it.
    if (this.#cargo.isShort === true && !this.#hasTLS) control.hold()
    try {
      const failure = await this.#attempt()
      if (failure === undefined) control.reply(226, 'Transfer complete.')
      else control.reply(failure.code, failure.message)
      if (this.#isAborted) control.reply(226, 'Abort successful.')
      control.release()
      // The client has its reply, and goes on meanwhile.
      this.#log(failure)
      const direction = this.#cargo.sends ? 'sent' : 'received'
      factory.transfers.add(direction, this.#count.bytes, failure === undefined)
    } finally {
      control.release()
      this.#session.transfer = undefined
    }
  }

  /** Cuts it, for ABOR. */
  abort(): void {
    this.#isAborted = true
    this.#session.data.cut()
  }

  /** Says how far it is, for STAT. */
  tell(): void {
    this.#session.control.reply(213, `${this.#cargo.name}: ${this.#count.bytes} bytes so far.`)
  }

  async #attempt(): Promise<Refusal | undefined> {
    const session = this.#session
    const { tls, timeout } = session.factory.settings
    let socket: Socket | undefined
    try {
      if (this.#isAborted) throw session.data.refuse()
      socket = await session.data.open()
      session.control.reply(150, `Opening data connection for ${this.#cargo.name}.`)
      // The client agrees on keys after it has read that.
      if (this.#hasTLS && tls) socket = session.data.secure(socket, tls)
      const opened = socket
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

  get #hasTLS(): boolean {
    const { protection, factory } = this.#session
    return protection === 'P' && factory.settings.tls !== undefined
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
