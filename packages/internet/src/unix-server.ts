import { Service, type ServiceDescription } from '@runnerd/service'
import { acceptorOf, type ConnectionListener } from './accept.ts'
import type { UNIXAddress } from './address.ts'
import { bindUnix } from './bind-unix.ts'
import { Binding } from './binding.ts'
import type { Port } from './port.ts'
import type { ServerFactory } from './server-factory.ts'

/** How a `UNIXServer` listens. */
export interface UNIXServerOptions {
  /**
   * The mode of the socket, which says who may connect; exactly this, whatever the
   * umask. Default 0o666: everybody.
   */
  readonly mode?: number | undefined

  /** How many clients the system lets wait to be accepted, see listen(2). Default: Node's. */
  readonly backlog?: number | undefined

  /** How many seconds a stop waits for clients that don't read. Default 0.5. */
  readonly closeTimeout?: number | undefined
}

/**
 * A service that listens on a UNIX socket while it runs; in all else it is a
 * {@link TCPServer}. Protocols get a {@link UNIXAddress}.
 *
 * The path appears when it is bound and goes when it is stopped. A socket that is
 * there already is replaced if no process has it any more, as after `kill -9`; one
 * that a process has, and any other file, makes the start fail. A reload hands the
 * socket over, and at no moment is the path missing.
 *
 * @throws {@link CannotListenError} from either half of the start if it can't be had,
 * or what the factory's `startFactory` throws
 *
 * @see Twisted's `twisted.application.internet.UNIXServer`
 *
 * @example
 * import { MultiService, UNIXServer } from 'runnerd'
 *
 * const top = new MultiService()
 * const options = { mode: 0o660 }
 * new UNIXServer('poetry.sock', (socket) => socket.end('hello\n'), options).setServiceParent(top)
 */
export class UNIXServer extends Service {
  readonly #binding: Binding<Port>

  /**
   * @param path - meant from the directory the service runs in; of some 90 bytes at
   * most. On Linux one that begins with `\0` is an abstract name, which is no file
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - how it listens
   * @throws TypeError if `path` is no string or empty, or `served` neither a factory
   * nor a function
   */
  constructor(
    path: string,
    served: ServerFactory | ConnectionListener,
    options: UNIXServerOptions = {},
  ) {
    super()
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`The path must be a string that is not empty, not '${path}'`)
    }
    const acceptor = acceptorOf(served, 'UNIXServer')
    this.#binding = new Binding(() => bindUnix(path, options.mode ?? 0o666, acceptor, options))
  }

  /** Where it is bound; `undefined` while it is not. Twisted's `getHost`. */
  address(): UNIXAddress | undefined {
    return this.#binding.port?.address as UNIXAddress | undefined
  }

  /** Where it listens and how many connections there are, for `runner status`. */
  describe(): ServiceDescription {
    const { port } = this.#binding
    if (port === undefined) return {}
    const { connections } = port
    return { listeners: [{ kind: 'unix', address: this.address()?.name ?? '', connections }] }
  }

  override async privilegedStartService(): Promise<void> {
    await this.#binding.take()
  }

  override async startService(): Promise<void> {
    super.startService()
    try {
      const port = await this.#binding.take()
      await this.afterStart(() => this.#binding.listen(port))
    } catch (error) {
      await UNIXServer.prototype.stopService.call(this)
      throw error
    }
  }

  /**
   * Accepts no more connections, and resolves when those there are have ended; each
   * is told by the signal `draining` that a listener gets and a `Transport` has.
   */
  override async drain(): Promise<void> {
    await this.#binding.port?.drain()
  }

  override async stopService(): Promise<void> {
    super.stopService()
    await this.#binding.giveBack()
  }

  override undoStart(): Promise<void> {
    return UNIXServer.prototype.stopService.call(this)
  }
}
