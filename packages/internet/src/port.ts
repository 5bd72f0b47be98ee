import net, { type Server, type Socket } from 'node:net'
import { log } from '@runnerd/logging'
import type { ConnectionCounts } from '@runnerd/service'
import type { Acceptor } from './accept.ts'
import { Address } from './address.ts'
import { addressOf } from './bind-handle.ts'
import { rememberBound } from './bound-ports.ts'
import { cannotListen } from './cannot-listen.ts'
import { Draining } from './draining.ts'
import { type BoundSocket, releaseSocket } from './sockets.ts'

/**
 * A bound port: listens when it is told to, and can be closed once.
 *
 * @see Twisted's `twisted.internet.tcp.Port`
 *
 * @internal
 */
export class Port {
  readonly address: Address
  readonly #acceptor: Acceptor
  readonly #socket: BoundSocket
  readonly #server: Server
  readonly #forgetBound: () => void
  readonly #connections = new Set<Socket>()
  readonly #draining = new Draining()
  #accepted = 0
  #listening: Promise<void> | undefined
  #closed: Promise<void> | undefined
  #whenIdle: (() => void)[] = []

  constructor(socket: BoundSocket, acceptor: Acceptor) {
    const info = addressOf(socket.handle)
    this.address = new Address(info.address, info.port)
    this.#acceptor = acceptor
    this.#socket = socket
    try {
      this.#server = acceptor.createServer?.(this.#draining) ?? net.createServer()
      this.#server.on('connection', this.#tracking())
      log.msg(`${acceptor.name} starting on ${info.port}`)
      if (acceptor.factory.doStart()) log.msg(`Starting factory <${acceptor.name}>`)
    } catch (error) {
      releaseSocket(socket)
      socket.handle.close()
      throw error
    }
    // Last, since a factory that refuses to start ends it here.
    this.#forgetBound = rememberBound(info)
  }

  /**
   * Accepts connections from now on.
   *
   * @throws CannotListenError
   */
  listen(backlog?: number): Promise<void> {
    this.#listening ??= this.#listen(backlog)
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
   * written to them has been sent; at the latest after `timeout` seconds.
   */
  async close(timeout: number): Promise<void> {
    await this.#stopListening()
    await this.#loseConnections(timeout)
    const { factory, name } = this.#acceptor
    if (factory.doStop()) log.msg(`Stopping factory <${name}>`)
  }

  async #listen(backlog: number | undefined): Promise<void> {
    const server = this.#server
    const { host, port } = this.address
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(this.#socket.handle, backlog, resolve)
      })
    } catch (error) {
      this.#forgetBound()
      throw await cannotListen(host, port, error as NodeJS.ErrnoException)
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
    // Not the server's own close, which for HTTP cuts connections that wait for a request.
    if (this.#server.listening) net.Server.prototype.close.call(this.#server)
    else this.#socket.handle.close()
    log.msg(`(TCP Port ${this.address.port} Closed)`)
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
