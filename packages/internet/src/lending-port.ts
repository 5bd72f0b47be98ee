import { log } from '@runnerd/logging'
import type { ListenerDescription } from '@runnerd/service'
import { Address, UNIXAddress } from './address.ts'
import { addressOf } from './bind-handle.ts'
import { rememberBound } from './bound-ports.ts'
import { cannotListen } from './cannot-listen.ts'
import type { ServicePort } from './listening-service.ts'
import type { PortSocket } from './port.ts'
import { descriptorOf, SocketWatch } from './socket-watch.ts'
import { type BoundSocket, releaseSocket } from './sockets.ts'

/**
 * Is lent a socket that has something to be taken, by its descriptor; it is the
 * borrower's until its promise settles. An error is logged, and it is asked again when
 * there is something.
 */
export type SocketBorrower = (descriptor: number) => Promise<unknown>

/** A bound socket that is lent to others, and never read here. @internal */
export class LendingPort implements ServicePort {
  readonly #address: Address
  readonly #socket: BoundSocket
  readonly #beforeClose: PortSocket['beforeClose']
  readonly #borrower: SocketBorrower
  readonly #after: () => Promise<void> | undefined
  #watch: SocketWatch | undefined
  readonly #forgetBound: () => void
  #isOpen = true
  #isLent = false
  #isClosed = false
  #returned: Promise<void> | undefined

  /** @param after - what is waited for until it is lent; asked when it listens */
  constructor(
    { socket, path, beforeClose }: PortSocket,
    borrower: SocketBorrower,
    name: string,
    after: () => Promise<void> | undefined,
  ) {
    this.#socket = socket
    this.#beforeClose = beforeClose
    this.#borrower = borrower
    this.#after = after
    try {
      const info = path === undefined ? addressOf(socket.handle) : undefined
      const type = socket.spec.kind === 'udp' ? 'UDP' : 'TCP'
      this.#address = info
        ? new Address(info.address, info.port, type)
        : new UNIXAddress(path as string)
      const isTCP = info !== undefined && type === 'TCP'
      this.#forgetBound = isTCP ? rememberBound(info, socket.spec.ipv6Only) : () => {}
      log.msg(`${name} starting on ${info?.port ?? `'${path}'`}`)
    } catch (error) {
      releaseSocket(socket)
      beforeClose?.(socket)
      socket.handle.close()
      throw error
    }
  }

  /** Lets clients come, and watches for the first. */
  async startListening(): Promise<void> {
    const before = this.#after()
    try {
      if (before === undefined) await this.#begin()
    } finally {
      this.#forgetBound()
    }
    // A handle is opened only then: it would change how the socket behaves for who has it.
    before?.then(() => this.#begin()).catch((error) => log.err(error, 'Could not listen'))
  }

  async #begin(): Promise<void> {
    if (!this.#isOpen) return
    try {
      const watch = new SocketWatch(this.#socket.handle, () => this.#lend())
      if (this.#address.type !== 'UDP') watch.listen()
      watch.start()
      this.#watch = watch
    } catch (error) {
      const cause = error as NodeJS.ErrnoException
      throw await cannotListen(this.address, this.#address.port, cause)
    }
  }

  getHost(): Address {
    return this.#address
  }

  private get address(): string {
    return this.#address instanceof UNIXAddress ? this.#address.name : this.#address.host
  }

  describe(): ListenerDescription {
    const kind = this.#address instanceof UNIXAddress ? 'unix' : this.#address.type.toLowerCase()
    const { port } = this.#address
    return { kind, address: this.address, ...(kind === 'unix' ? {} : { port }) }
  }

  /** Lends it no more, and resolves when it is given back. */
  async drain(): Promise<void> {
    this.#giveUp()
    await this.#returned
    this.#close()
  }

  /** Lends it no more. Whoever has it still keeps what was made of it in another process. */
  async stopListening(): Promise<void> {
    this.#giveUp()
    this.#close()
  }

  #giveUp(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#watch?.stop()
    this.#forgetBound()
    releaseSocket(this.#socket)
    this.#beforeClose?.(this.#socket)
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.handle.close()
    const where = this.#address instanceof UNIXAddress ? `'${this.address}'` : this.#address.port
    log.msg(`(${this.#address.type} Port ${where} Closed)`)
  }

  #lend(): void {
    if (!this.#isOpen || this.#isLent) return
    this.#isLent = true
    this.#returned = this.#borrowed().then(() => {
      this.#isLent = false
      // What is closed must not be touched.
      if (!this.#isClosed) this.#watch?.reclaim()
      if (this.#isOpen) this.#watch?.start()
    })
  }

  async #borrowed(): Promise<void> {
    try {
      await this.#borrower(descriptorOf(this.#socket.handle))
    } catch (error) {
      log.err(error, `Could not lend the socket of ${this.address}:${this.#address.port}`)
    }
  }
}
