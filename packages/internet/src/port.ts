import net, { type Server, type Socket } from 'node:net'
import { log } from '@runnerd/logging'
import type { ConnectionCounts } from '@runnerd/service'
import type { Acceptor } from './accept.ts'
import { Address, UNIXAddress } from './address.ts'
import { addressOf } from './bind-handle.ts'
import type { Bound } from './binding.ts'
import { rememberBound } from './bound-ports.ts'
import { cannotListen } from './cannot-listen.ts'
import { Draining } from './draining.ts'
import { type BoundSocket, releaseSocket } from './sockets.ts'

/** How many seconds a stop waits for clients that don't read. */
const CLOSE_TIMEOUT = 0.5

/** @internal */
export interface PortOptions {
  /** See listen(2). */
  readonly backlog?: number | undefined
  /** In seconds. */
  readonly closeTimeout?: number | undefined
  /** Called when it accepts no more, before the socket is closed. */
  beforeClose?(socket: BoundSocket): void
}

/**
 * A bound port: listens when it is told to, and can be closed once.
 *
 * @see Twisted's `twisted.internet.tcp.Port`
 *
 * @internal
 */
export class Port implements Bound {
  readonly address: Address
  readonly #acceptor: Acceptor
  readonly #socket: BoundSocket
  readonly #server: Server
  readonly #name: string
  readonly #options: PortOptions
  readonly #forgetBound: () => void
  readonly #connections = new Set<Socket>()
  readonly #draining: Draining
  #accepted = 0
  #listening: Promise<void> | undefined
  #closed: Promise<void> | undefined
  #whenIdle: (() => void)[] = []

  constructor(socket: BoundSocket, acceptor: Acceptor, options: PortOptions) {
    const { kind, address } = socket.spec
    const info = kind === 'unix' ? undefined : addressOf(socket.handle)
    this.address = info ? new Address(info.address, info.port) : new UNIXAddress(address)
    this.#name = info ? String(info.port) : `'${address}'`
    this.#draining = new Draining(this.address)
    this.#acceptor = acceptor
    this.#socket = socket
    this.#options = options
    try {
      this.#server = acceptor.createServer?.(this.#draining) ?? net.createServer()
      this.#server.on('connection', this.#tracking())
      log.msg(`${acceptor.name} starting on ${this.#name}`)
      if (acceptor.factory.doStart()) log.msg(`Starting factory <${acceptor.name}>`)
    } catch (error) {
      releaseSocket(socket)
      socket.handle.close()
      throw error
    }
    // Last, since a factory that refuses to start ends it here.
    this.#forgetBound = info ? rememberBound(info) : () => {}
  }

  /**
   * Accepts connections from now on.
   *
   * @throws CannotListenError
   */
  listen(): Promise<void> {
    this.#listening ??= this.#listen()
    return this.#listening
  }

  /** How many connections there are, and how many there were. */
  get connections(): ConnectionCounts {
    return { open: this.#connections.size, total: this.#accepted }
  }

  /**
   * Accepts no more connections, tells those there are, and waits until they have
   * ended: it cuts none. What waits to be accepted is for another process that has
   * the socket too.
   */
  async drain(): Promise<void> {
    await this.#stopListening()
    await this.#idle()
  }

  /**
   * Accepts no more connections, and closes those there are when what was
   * written to them has been sent; at the latest after its `closeTimeout`.
   */
  async close(): Promise<void> {
    await this.#stopListening()
    await this.#loseConnections(this.#options.closeTimeout ?? CLOSE_TIMEOUT)
    const { factory, name } = this.#acceptor
    if (factory.doStop()) log.msg(`Stopping factory <${name}>`)
  }

  async #listen(): Promise<void> {
    const server = this.#server
    const { address } = this
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(this.#socket.handle, this.#options.backlog, resolve)
      })
    } catch (error) {
      this.#forgetBound()
      const host = address instanceof UNIXAddress ? address.name : address.host
      throw await cannotListen(host, address.port, error as NodeJS.ErrnoException)
    }
    this.#forgetBound()
    server.removeAllListeners('error')
    // No file descriptors left, for one: the next client may find some.
    server.on('error', (error) => log.err(error, 'Could not accept new connection'))
  }

  #stopListening(): Promise<void> {
    this.#draining.begin()
    this.#closed ??= this.#closeSocket()
    return this.#closed
  }

  async #closeSocket(): Promise<void> {
    await this.#listening?.catch(() => {})
    this.#forgetBound()
    releaseSocket(this.#socket)
    this.#options.beforeClose?.(this.#socket)
    // Not the server's own close, which for HTTP cuts connections that wait for a request.
    if (this.#server.listening) net.Server.prototype.close.call(this.#server)
    else this.#socket.handle.close()
    log.msg(`(${this.address.type} Port ${this.#name} Closed)`)
  }

  #tracking(): (socket: Socket) => void {
    const connections = this.#connections
    const context = this.#draining
    const { accept } = this.#acceptor
    const forget = (socket: Socket): void => {
      connections.delete(socket)
      if (connections.size > 0) return
      for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
    return (socket) => {
      this.#accepted += 1
      connections.add(socket)
      accept(socket, forget, context)
    }
  }

  #idle(): Promise<void> | undefined {
    if (this.#connections.size === 0) return undefined
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve)
    })
  }

  async #loseConnections(timeout: number): Promise<void> {
    if (this.#connections.size === 0) return
    const timer = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy()
    }, timeout * 1000)
    const idle = this.#idle()
    this.#acceptor.hangUp(this.#connections, this.#server)
    await idle
    clearTimeout(timer)
  }
}
