import net, { type Server, type Socket } from 'node:net'
import { log } from '@runnerd/logging'
import type { ConnectionCounts, ListenerDescription } from '@runnerd/service'
import type { Acceptor } from './accept.ts'
import { Address, UNIXAddress } from './address.ts'
import { addressOf } from './bind-handle.ts'
import { rememberBound } from './bound-ports.ts'
import { ByteTotals } from './byte-totals.ts'
import { cannotListen } from './cannot-listen.ts'
import { Draining } from './draining.ts'
import { CannotListenError } from './errors.ts'
import type { IListeningPort, StreamServerOptions } from './i-endpoint.ts'
import { OpenSockets } from './open-sockets.ts'
import { PortLimits } from './port-limits.ts'
import { type BoundSocket, releaseSocket } from './sockets.ts'

/** How many seconds a stop waits for clients that don't read. */
const CLOSE_TIMEOUT = 0.5

/** @internal */
export interface PortOptions extends StreamServerOptions {
  /** See listen(2). */
  readonly backlog?: number | undefined
}

/** A socket, and what is there besides. @internal */
export interface PortSocket {
  readonly socket: BoundSocket
  /** What it is called where its address doesn't say what was asked for. */
  readonly description?: string
  /** The path of a UNIX socket; `undefined` for others. */
  readonly path?: string | undefined
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
export class Port implements IListeningPort {
  readonly #address: Address
  readonly #acceptor: Acceptor
  readonly #socket: BoundSocket
  readonly #description: string | undefined
  readonly #beforeClose: PortSocket['beforeClose']
  readonly #limits: PortLimits
  readonly #server: Server
  readonly #name: string
  readonly #options: PortOptions
  readonly #forgetBound: () => void
  readonly #connections = new OpenSockets()
  readonly #bytes = new ByteTotals()
  readonly #draining: Draining
  #accepted = 0
  #listening: Promise<void> | undefined
  #closed: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #whenIdle: (() => void)[] = []

  constructor(
    { socket, path, description, beforeClose }: PortSocket,
    acceptor: Acceptor,
    options: PortOptions,
  ) {
    const info = path === undefined ? addressOf(socket.handle) : undefined
    this.#address = info ? new Address(info.address, info.port) : new UNIXAddress(path ?? '')
    this.#name = info ? String(info.port) : `'${path}'`
    this.#draining = new Draining(this.#address)
    this.#acceptor = acceptor
    this.#socket = socket
    this.#description = description
    this.#beforeClose = beforeClose
    this.#options = options
    try {
      this.#limits = new PortLimits(options)
      this.#server = acceptor.createServer?.(this.#draining, this.#limits) ?? net.createServer()
      this.#limits.bound(this.#server)
      this.#server.on('connection', this.#tracking())
      log.msg(`${acceptor.name} starting on ${this.#name}`)
      if (acceptor.factory.doStart()) log.msg(`Starting factory <${acceptor.name}>`)
    } catch (error) {
      releaseSocket(socket)
      beforeClose?.(socket)
      socket.handle.close()
      throw error
    }
    // Last, since a factory that refuses to start ends it here.
    this.#forgetBound = info ? rememberBound(info, socket.spec.ipv6Only) : () => {}
  }

  /**
   * Accepts connections from now on.
   *
   * @throws CannotListenError
   */
  startListening(): Promise<void> {
    this.#listening ??= this.#listen()
    return this.#listening
  }

  getHost(): Address {
    return this.#address
  }

  /** How many connections there are, how many there were, and what they have carried. */
  get connections(): ConnectionCounts {
    const { refused, timedOut, maxConnections } = this.#limits
    return {
      open: this.#connections.size,
      total: this.#accepted,
      ...this.#bytes.with(this.#connections),
      ...(maxConnections > 0 ? { most: maxConnections, refused } : {}),
      ...(timedOut > 0 ? { timedOut } : {}),
    }
  }

  /** Where it listens and how many connections there are, for `runner status`. */
  describe(): ListenerDescription {
    const { connections } = this
    const address = this.#address
    if (address instanceof UNIXAddress) return { kind: 'unix', address: address.name, connections }
    const kind = this.#acceptor.layer ?? 'tcp'
    return { kind, address: address.host, port: address.port, connections }
  }

  /**
   * Accepts no more connections, tells those there are, and waits until they have
   * ended: it cuts none. What waits to be accepted is for another process that has
   * the socket too.
   */
  async drain(): Promise<void> {
    await this.#stopAccepting()
    await this.#idle()
  }

  /**
   * Accepts no more connections, and closes those there are when what was
   * written to them has been sent; at the latest after its `closeTimeout`. Called
   * again it only waits.
   */
  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await this.#stopAccepting()
    await this.#loseConnections(this.#options.closeTimeout ?? CLOSE_TIMEOUT)
    this.#limits.end()
    const { factory, name } = this.#acceptor
    if (factory.doStop()) log.msg(`Stopping factory <${name}>`)
  }

  async #listen(): Promise<void> {
    const server = this.#server
    const address = this.#address
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(this.#socket.handle, this.#options.backlog, resolve)
      })
    } catch (error) {
      this.#forgetBound()
      const cause = error as NodeJS.ErrnoException
      if (this.#description !== undefined) {
        throw new CannotListenError({ interface: this.#description, port: 0, cause })
      }
      const host = address instanceof UNIXAddress ? address.name : address.host
      throw await cannotListen(host, address.port, cause)
    }
    this.#forgetBound()
    server.removeAllListeners('error')
    // No file descriptors left, for one: the next client may find some.
    server.on('error', (error) => log.err(error, 'Could not accept new connection'))
  }

  #stopAccepting(): Promise<void> {
    this.#draining.begin()
    this.#closed ??= this.#closeSocket()
    return this.#closed
  }

  async #closeSocket(): Promise<void> {
    await this.#listening?.catch(() => {})
    this.#forgetBound()
    releaseSocket(this.#socket)
    this.#beforeClose?.(this.#socket)
    // Not the server's own close, which for HTTP cuts connections that wait for a request.
    if (this.#server.listening) net.Server.prototype.close.call(this.#server)
    else this.#socket.handle.close()
    log.msg(`(${this.#address.type} Port ${this.#name} Closed)`)
  }

  #tracking(): (socket: Socket) => void {
    const connections = this.#connections
    const context = this.#draining
    const limits = this.#limits
    const bytes = this.#bytes
    const { accept, createServer } = this.#acceptor
    const forget = (socket: Socket): void => {
      connections.delete(socket)
      bytes.add(socket)
      if (connections.size > 0) return
      for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
    return (socket) => {
      this.#accepted += 1
      connections.add(socket)
      // A server of its own knows more of its connections than this socket does.
      if (createServer === undefined) limits.watch(socket)
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
