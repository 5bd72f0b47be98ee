import type { Address, UNIXAddress } from './address.ts'
import { DatagramProtocol } from './datagram-protocol.ts'
import type { DatagramTransport } from './datagram-transport.ts'
import { isDatagramProtocol } from './is-datagram-protocol.ts'
import { ListeningService } from './listening-service.ts'
import { takeDatagramPath } from './take-datagram-path.ts'
import { UNIXDatagramPort } from './unix-datagram-port.ts'

/** How a `UNIXDatagramServer` receives. */
export interface UNIXDatagramServerOptions {
  /**
   * The mode of the socket, which says who may send to it; exactly this, whatever the
   * umask. Default 0o666: everybody.
   */
  readonly mode?: number | undefined

  /** The rest of a datagram that has more bytes is dropped. Default 8192. */
  readonly maxPacketSize?: number | undefined
}

/**
 * A plain function that serves datagrams of a UNIX socket; called once for each. It
 * answers, if the sender has a path, by `transport.write(data, from)`. An error it
 * throws, or that its promise rejects with, is logged.
 */
export type UNIXDatagramListener = (
  data: Buffer,
  from: UNIXAddress,
  transport: Omit<DatagramTransport, 'socket'>,
) => void

/**
 * A service that receives and sends datagrams on a UNIX socket while it runs. It needs
 * koffi, as Node has no such sockets: without it the start fails and says so.
 *
 * Protocols get a {@link UNIXAddress}: its `name` is empty where the sender has no path,
 * and can't be answered; on Linux its `credentials` tell who has sent it. The
 * transport's `socket` is not there.
 *
 * The path appears when it is bound and goes when it is stopped; a socket that no
 * process has any more is replaced. In a reload the new process puts its own socket in
 * the place of the old one, when all has started, and the old one reads what it has got;
 * who is connected to that connects anew, as when a daemon is started again. Its user has
 * to be able to write into the directory. Of several workers the one that has started
 * last has the path. An abstract name can't be replaced: such a reload is refused.
 *
 * @throws {@link CannotListenError} from either half of the start if it can't be had,
 * an error with code `ERR_NO_KOFFI` without koffi, or what `startProtocol` throws
 *
 * @see Twisted's `twisted.application.internet.UNIXDatagramServer`
 *
 * @example
 * import { MultiService, UNIXDatagramServer } from 'runnerd'
 *
 * const top = new MultiService()
 * new UNIXDatagramServer('poetry.sock', (data, from, transport) => {
 *   transport.write(data, from)
 * }).setServiceParent(top)
 */
export class UNIXDatagramServer extends ListeningService<UNIXDatagramPort> {
  /**
   * @param path - meant from the directory the service runs in; of some 90 bytes at
   * most. On Linux one that begins with `\0` is an abstract name, which is no file
   * @param served - what gets the datagrams: a protocol, or a function
   * @param options - how it receives
   * @throws TypeError if `path` is no string or empty, or `served` neither a protocol
   * nor a function; RangeError if `maxPacketSize` is no whole number above 0
   */
  constructor(
    path: string,
    served: DatagramProtocol | UNIXDatagramListener,
    options: UNIXDatagramServerOptions = {},
  ) {
    const { mode = 0o666, maxPacketSize = 8192 } = options
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`The path must be a string that is not empty, not '${path}'`)
    }
    if (!Number.isSafeInteger(maxPacketSize) || maxPacketSize < 1) {
      throw new RangeError(`The maxPacketSize must be a number above 0, not ${maxPacketSize}`)
    }
    const [protocol, name] = protocolOf(served)
    super(async () => {
      const bound = await takeDatagramPath(path, mode, maxPacketSize)
      return new UNIXDatagramPort(bound, protocol, name)
    })
  }

  /** Where it is bound; `undefined` while it is not. Twisted's `getHost`. */
  override address(): UNIXAddress | undefined {
    return super.address() as UNIXAddress | undefined
  }
}

function protocolOf(
  served: DatagramProtocol | UNIXDatagramListener,
): [protocol: DatagramProtocol, name: string] {
  if (isDatagramProtocol(served)) {
    return [served, served.constructor.name || 'UNIXDatagramServer']
  }
  const name = served.name || 'UNIXDatagramServer'
  return [new ListenerProtocol(served), name]
}

class ListenerProtocol extends DatagramProtocol {
  readonly #listener: UNIXDatagramListener

  constructor(listener: UNIXDatagramListener) {
    super()
    this.#listener = listener
  }

  override datagramReceived(data: Buffer, address: Address): void | Promise<void> {
    // An async function is one that returns nothing, to the type checker.
    const result: unknown = this.#listener(data, address as UNIXAddress, this.transport)
    return result as Promise<void>
  }
}
