import type { Socket } from 'node:net'
import { counted, log } from 'runnerd'
import { ClientReader } from './client-reader.ts'
import { Garbage, Refusal } from './failure.ts'
import { hangUp } from './hang-up.ts'
import { type Request, type Where, written } from './request.ts'
import type { Settings } from './settings.ts'
import { readSocks4, refusal } from './socks4.ts'
import {
  chosen,
  method,
  NONE_ACCEPTABLE,
  RIGHT,
  readGreeting,
  readLogin,
  readRequest,
  WRONG,
} from './socks5.ts'

const system = 'SOCKS'

/** What a client is to say next; while a password is checked, and after all, nothing. */
type Next = 'greeting' | 'login' | 'request' | 'nothing'

/** Called with what a client wants, who it is, and what has what it says after that. */
export type Wanted = (request: Request, user: string | undefined, reader: ClientReader) => void

/**
 * Finds out what one client wants, within the time for that; one who says anything else
 * is hung up on. What has come is read at once, as a whole; only the check of a password
 * is waited for. A promise for each step made a short connection a tenth dearer.
 */
export class Handshake {
  readonly #client: Socket
  readonly #peer: Where
  readonly #settings: Settings
  readonly #wanted: Wanted
  readonly #reader: ClientReader
  readonly #timer: NodeJS.Timeout
  #next: Next = 'greeting'
  #user: string | undefined
  #isOver = false

  /** @param peer where the client is */
  constructor(client: Socket, peer: Where, settings: Settings, wanted: Wanted) {
    this.#client = client
    this.#peer = peer
    this.#settings = settings
    this.#wanted = wanted
    this.#timer = setTimeout(() => this.#late(), settings.handshakeTimeout * 1000)
    this.#reader = new ClientReader(client, () => this.#go())
  }

  #go(): void {
    try {
      while (this.#advance());
      if (this.#next !== 'nothing' && this.#reader.hasEnded) throw new Garbage('it hung up')
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Takes one message. @returns whether there may be another one @throws Garbage, Refusal */
  #advance(): boolean {
    const { held } = this.#reader
    switch (this.#next) {
      case 'greeting':
        return this.#greeted(held)
      case 'login':
        return this.#loggingIn(held)
      case 'request':
        return this.#requested(readRequest(held))
      case 'nothing':
        return false
    }
  }

  #greeted(held: Buffer): boolean {
    const version = held[0]
    if (version === undefined) return false
    if (version === 4) return this.#requested(this.#asSocks4(held))
    if (version !== 5) throw new Garbage(`version ${version} is not SOCKS`)
    const greeting = readGreeting(held)
    if (greeting === undefined) return false
    this.#reader.drop(greeting.length)
    const hasLogin = this.#settings.logIn !== undefined
    const wanted = hasLogin ? method.password : method.none
    if (!greeting.methods.includes(wanted)) {
      const detail = hasLogin ? 'it offers no password' : 'it wants to log in'
      throw new Refusal('denied', detail, NONE_ACCEPTABLE)
    }
    this.#client.write(chosen(wanted))
    this.#next = hasLogin ? 'login' : 'request'
    return true
  }

  #asSocks4(held: Buffer): Request | undefined {
    const request = readSocks4(held)
    if (request === undefined || this.#settings.logIn === undefined) return request
    throw refusal('denied', 'SOCKS 4 has no passwords')
  }

  #loggingIn(held: Buffer): boolean {
    const login = readLogin(held)
    if (login === undefined) return false
    this.#reader.drop(login.length)
    this.#next = 'nothing'
    this.#settings.logIn?.(login.name, login.password, this.#peer.address).then(
      (reason) => this.#loggedIn(login.name, reason),
      (error) => this.#refuse(error),
    )
    return false
  }

  #loggedIn(name: string, reason: string | undefined): void {
    if (this.#isOver) return
    if (reason !== undefined) {
      this.#refuse(new Refusal('denied', reason, WRONG))
      return
    }
    this.#client.write(RIGHT)
    this.#user = name
    this.#next = 'request'
    this.#go()
  }

  #requested(request: Request | undefined): boolean {
    if (request === undefined) return false
    this.#reader.drop(request.length)
    this.#end()
    this.#wanted(request, this.#user ?? request.user, this.#reader)
    return false
  }

  #late(): void {
    const limit = counted(this.#settings.handshakeTimeout, 'second')
    this.#refuse(new Garbage(`it asked for nothing in ${limit}`))
  }

  #refuse(error: unknown): void {
    if (this.#isOver) return
    this.#end()
    this.#reader.end()
    const by = written({ host: this.#peer.address, port: this.#peer.port })
    if (error instanceof Refusal || error instanceof Garbage) {
      log.msg(`${by} refused: ${error.message}`, { system })
    } else {
      log.withSystem(system, () => log.err(error))
    }
    if (error instanceof Refusal) hangUp(this.#client, error.answer)
    else this.#client.destroy()
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#next = 'nothing'
    this.#isOver = true
  }
}
