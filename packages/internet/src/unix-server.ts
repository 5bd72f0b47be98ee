import type { ConnectionListener } from './accept.ts'
import type { UNIXAddress } from './address.ts'
import type { Factory } from './factory.ts'
import type { StreamServerOptions } from './i-endpoint.ts'
import { StreamEndpoint } from './stream-endpoint.ts'
import { StreamServerEndpointService } from './stream-server-endpoint-service.ts'
import { takePath } from './take-path.ts'

/** How a `UNIXServer` listens. */
export interface UNIXServerOptions extends StreamServerOptions {
  /**
   * The mode of the socket, which says who may connect; exactly this, whatever the
   * umask. Default 0o666: everybody.
   */
  readonly mode?: number | undefined

  /** How many clients the system lets wait to be accepted, see listen(2). Default: Node's. */
  readonly backlog?: number | undefined
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
export class UNIXServer extends StreamServerEndpointService {
  /**
   * @param path - meant from the directory the service runs in; of some 90 bytes at
   * most. On Linux one that begins with `\0` is an abstract name, which is no file
   * @param served - what serves the connections: a factory, or a function of a socket
   * @param options - how it listens
   * @throws TypeError if `path` is no string or empty, or `served` neither a factory
   * nor a function
   */
  constructor(path: string, served: Factory | ConnectionListener, options: UNIXServerOptions = {}) {
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`The path must be a string that is not empty, not '${path}'`)
    }
    super(unixEndpoint(path, options), served, options)
  }

  /** Where it is bound; `undefined` while it is not. Twisted's `getHost`. */
  override address(): UNIXAddress | undefined {
    return super.address() as UNIXAddress | undefined
  }
}

/** @internal */
export function unixEndpoint(
  path: string,
  { mode = 0o666, backlog }: UNIXServerOptions,
): StreamEndpoint {
  return new StreamEndpoint(() => takePath(path, mode), {
    backlog,
    place: { kind: 'unix', address: path },
  })
}
