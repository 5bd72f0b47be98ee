import net from 'node:net'
import { type BoundHandle, systemError } from './bind-handle.ts'

/** Node's own handle of a stream, as far as it is used here; as it is since Node 12. */
interface StreamHandle {
  open(descriptor: number): number
  listen(backlog: number): number
  readStart(): number
  readStop(): number
  useUserBuffer(buffer: Uint8Array): void
  onread: () => void
  close(): void
}

type StreamHandleClass = new (type: 0) => StreamHandle

/** As many as `net.Server` lets wait. */
const BACKLOG = 511

/**
 * Tells when a socket has something to be taken, a connection or a datagram, and takes
 * nothing: that is for another process, which is given the socket.
 *
 * libuv can't be asked for that, but it can be had: it reads from a socket when there is
 * something, and reads nothing where it is given no room. The handles that this is done
 * with are never closed, for their descriptor is that of the socket; they are a few
 * hundred bytes, and watch nothing once they were told to stop.
 *
 * @internal
 */
export class SocketWatch {
  readonly #descriptor: number
  readonly #reader: StreamHandle

  /**
   * @param handle - must not be closed while it is watched: the system ends a process
   * that watches what isn't there
   * @param onReady - called once for each {@link start}
   */
  constructor(handle: BoundHandle, onReady: () => void) {
    this.#descriptor = descriptorOf(handle)
    this.#reader = opened(this.#descriptor)
    this.#reader.useUserBuffer(new Uint8Array(0))
    this.#reader.onread = () => {
      this.#reader.readStop()
      onReady()
    }
  }

  /**
   * Has the system let clients connect, see listen(2), without taking them.
   *
   * @throws the system's error
   */
  listen(): void {
    const listener = opened(this.#descriptor)
    check('listen', listener.listen(BACKLOG))
    // Now it would take them: this is how it is kept from that, before it has looked.
    listener.readStart()
    listener.readStop()
  }

  /** Waits for something, once. */
  start(): void {
    check('read', this.#reader.readStart())
  }

  stop(): void {
    this.#reader.readStop()
  }

  /**
   * Has the socket not block any more, which it does for all that have it since a program
   * was started with it. Whoever accepts from it here later would wait for a client that
   * somebody else has taken, and all of the process with him.
   */
  reclaim(): void {
    check('open', this.#reader.open(this.#descriptor))
  }
}

/** The descriptor of a socket, by which another process is given it. @internal */
export function descriptorOf(handle: BoundHandle): number {
  return (handle as unknown as { fd: number }).fd
}

function opened(descriptor: number): StreamHandle {
  const handle = new (streamHandleClass())(0)
  check('open', handle.open(descriptor))
  return handle
}

let known: StreamHandleClass | undefined

/** The class of the handles of TCP sockets, which fit all others. Only one of them tells it. */
function streamHandleClass(): StreamHandleClass {
  if (known === undefined) {
    const { _createServerHandle } = net as unknown as {
      _createServerHandle(address: null, port: 0, family: 4, fd: -1): StreamHandle | number
    }
    const handle = _createServerHandle(null, 0, 4, -1)
    if (typeof handle === 'number') throw systemError(handle)
    known = handle.constructor as StreamHandleClass
    handle.close()
  }
  return known
}

function check(call: string, errno: number): void {
  if (errno !== 0) throw systemError(errno, call)
}
