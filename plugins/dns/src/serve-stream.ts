import type { Socket } from 'node:net'
import { plainAddress } from './addresses.ts'
import { BY_UNIX_SOCKET } from './networks.ts'
import type { Client, Responder, Response } from './responder.ts'

/** So many answers of a connection may be due at a time; then no more is read. */
const MOST_DUE = 100
/** A reload waits until a client has been silent for so long, in ms. */
const SILENCE = 1000
/** So many bytes may wait for a client that reads slowly. */
const MOST_WAITING = 256 * 1024

/** Answers the messages of a connection, RFC 7766, each as soon as it can be. */
export class StreamClient {
  readonly #socket: Socket
  readonly #responder: Responder
  readonly #patience: number
  readonly #client: Client
  #read: Buffer = Buffer.alloc(0)
  #due = 0
  #hasEnded = false
  #late: NodeJS.Timeout | undefined
  #leaving: NodeJS.Timeout | undefined

  /** @param patience how many seconds a message may take to arrive; 0 is any number */
  constructor(socket: Socket, responder: Responder, patience: number, draining: AbortSignal) {
    this.#socket = socket
    this.#responder = responder
    this.#patience = patience
    this.#client = { address: addressOf(socket), port: socket.remotePort ?? 0, isStream: true }
    // Who has asked all may close its side, and is answered.
    socket.allowHalfOpen = true
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.#end())
    socket.on('drain', () => this.#goOn())
    const drain = (): void => this.#leave()
    if (draining.aborted) drain()
    else draining.addEventListener('abort', drain, { once: true })
    socket.on('close', () => {
      clearTimeout(this.#late)
      clearTimeout(this.#leaving)
      draining.removeEventListener('abort', drain)
    })
  }

  #take(chunk: Buffer): void {
    this.#leaving?.refresh()
    this.#read = this.#read.length === 0 ? chunk : Buffer.concat([this.#read, chunk])
    this.#goOn()
  }

  /** Answers what is there, as far as it may. */
  #goOn(): void {
    while (this.#mayGoOn && this.#read.length >= 2) {
      const end = 2 + this.#read.readUInt16BE(0)
      if (this.#read.length < end) break
      const message = this.#read.subarray(2, end)
      this.#read = this.#read.subarray(end)
      this.#stopWatch()
      this.#answer(message)
    }
    if (this.#mayGoOn) this.#socket.resume()
    else this.#socket.pause()
    this.#watch()
    this.#close()
  }

  get #mayGoOn(): boolean {
    return this.#due < MOST_DUE && this.#socket.writableLength < MOST_WAITING
  }

  #answer(message: Buffer): void {
    const response = this.#responder.answer(message, this.#client)
    if (!(response instanceof Promise)) {
      this.#send(response)
      return
    }
    this.#due += 1
    void response.then((late) => this.#settle(late))
  }

  #settle(response: Response): void {
    this.#due -= 1
    this.#send(response)
    this.#goOn()
  }

  #send(response: Response): void {
    if (!this.#socket.writable) return
    if (response === undefined) {
      // There is nothing to be said to it, and no telling what comes next.
      this.#socket.destroySoon()
    } else if (Buffer.isBuffer(response)) this.#socket.write(framed(response))
    else void this.#sendAll(response)
  }

  /** Sends no more than the client takes. */
  async #sendAll(messages: Generator<Buffer>): Promise<void> {
    this.#due += 1
    for (const message of messages) {
      if (!this.#socket.writable) break
      if (!this.#socket.write(framed(message))) await this.#drained()
    }
    this.#due -= 1
    this.#goOn()
  }

  async #drained(): Promise<void> {
    const socket = this.#socket
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('drain', go).off('close', go)
        resolve()
      }
      socket.on('drain', go).on('close', go)
    })
  }

  /** A message has begun: its end must come in time. */
  #watch(): void {
    const isWaiting = this.#read.length > 0 && this.#mayGoOn
    if (isWaiting && this.#late === undefined && this.#patience > 0) {
      this.#late = setTimeout(() => this.#socket.destroy(), this.#patience * 1000)
    } else if (!isWaiting) this.#stopWatch()
  }

  #stopWatch(): void {
    clearTimeout(this.#late)
    this.#late = undefined
  }

  /** Closes it between two queries: there is no telling a client that sends one to wait. */
  #leave(): void {
    this.#leaving = setTimeout(() => this.#end(), SILENCE)
  }

  /** Nothing more is asked, or is to be answered. */
  #end(): void {
    this.#hasEnded = true
    this.#close()
  }

  #close(): void {
    if (this.#hasEnded && this.#due === 0 && !this.#socket.destroyed) this.#socket.end()
  }
}

/** Of a client by TCP that has gone by now there is none. */
function addressOf({ remoteAddress, localAddress }: Socket): string {
  if (remoteAddress !== undefined) return plainAddress(remoteAddress)
  return localAddress === undefined ? BY_UNIX_SOCKET : ''
}

function framed(message: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(2 + message.length)
  bytes.writeUInt16BE(message.length, 0)
  bytes.set(message, 2)
  return bytes
}
