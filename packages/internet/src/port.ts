import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { log } from '@runnerd/logging'
import type { Acceptor } from './accept.ts'
import { Address } from './address.ts'
import type { BoundHandle } from './bind-handle.ts'
import { rememberBound } from './bound-ports.ts'
import { cannotListen } from './cannot-listen.ts'

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
  readonly #handle: BoundHandle
  readonly #server: Server
  readonly #forgetBound: () => void
  readonly #connections = new Set<Socket>()
  #listening: Promise<void> | undefined
  #drained: (() => void) | undefined

  constructor(handle: BoundHandle, info: AddressInfo, acceptor: Acceptor) {
    this.address = new Address(info.address, info.port)
    this.#acceptor = acceptor
    this.#handle = handle
    this.#server = net.createServer(this.#tracking())
    log.msg(`${acceptor.name} starting on ${info.port}`)
    if (acceptor.factory.doStart()) log.msg(`Starting factory <${acceptor.name}>`)
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

  /**
   * Accepts no more connections, and closes those there are when what was
   * written to them has been sent; at the latest after `timeout` seconds.
   */
  async close(timeout: number): Promise<void> {
    await this.#listening?.catch(() => {})
    this.#forgetBound()
    if (this.#server.listening) this.#server.close()
    else this.#handle.close()
    log.msg(`(TCP Port ${this.address.port} Closed)`)
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
        server.listen(this.#handle, backlog, resolve)
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

  #tracking(): (socket: Socket) => void {
    const connections = this.#connections
    const { accept } = this.#acceptor
    const forget = (socket: Socket): void => {
      connections.delete(socket)
      if (connections.size === 0) this.#drained?.()
    }
    return (socket) => {
      connections.add(socket)
      accept(socket, forget)
    }
  }

  #loseConnections(timeout: number): Promise<void> | undefined {
    if (this.#connections.size === 0) return undefined
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of this.#connections) socket.destroy()
      }, timeout * 1000)
      this.#drained = () => {
        clearTimeout(timer)
        resolve()
      }
      for (const socket of this.#connections) socket.destroySoon()
    })
  }
}
