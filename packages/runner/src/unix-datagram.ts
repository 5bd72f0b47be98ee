import { type Libc, loadLibc, systemError } from './libc.ts'
import { AF_UNIX, SOCK_DGRAM, socketAddress } from './unix-socket-address.ts'

const F_SETFD = 2
const FD_CLOEXEC = 1
const MSG_DONTWAIT = process.platform === 'linux' ? 0x40 : 0x80

/**
 * Sends datagrams to a UNIX socket. Node has none of that kind.
 *
 * It is connected by the first `send`, or before by `connect`, and stays so: across
 * a change of the root directory, too. When its peer has gone and come back, the
 * next `send` connects anew.
 */
export class UnixDatagram {
  readonly path: string
  readonly #libc: Libc
  #fd: number | undefined

  /**
   * @param path the socket's; of the abstract namespace with `@` in front
   * @param attempt what can't be done without the C library
   *
   * @throws RunnerError without koffi
   */
  constructor(path: string, attempt: string) {
    this.path = path
    this.#libc = loadLibc(attempt)
  }

  /**
   * Connects, if it isn't.
   *
   * @throws the system's error, with its `code`
   */
  connect(): void {
    if (this.#fd !== undefined) return
    const address = socketAddress(this.path)
    const fd = this.#checked(this.#libc.socket(AF_UNIX, SOCK_DGRAM, 0), 'socket')
    try {
      this.#checked(this.#libc.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC), 'fcntl')
      this.#checked(this.#libc.connect(fd, address, address.length), 'connect')
    } catch (error) {
      this.#libc.close(fd)
      throw error
    }
    this.#fd = fd
  }

  /**
   * Sends one datagram, and waits for nothing.
   *
   * @throws the system's error: `EAGAIN`, or `ENOBUFS`, when the peer has as much
   *   as it can hold; `ECONNREFUSED`, `ENOENT` when it is gone
   */
  send(message: Buffer): void {
    const wasConnected = this.#fd !== undefined
    this.connect()
    try {
      this.#sendNow(message)
    } catch (error) {
      if (isOfMessage(error)) throw error
      this.close()
      if (!wasConnected) throw error
      this.connect()
      this.#sendNow(message)
    }
  }

  /** Closes it; a later `send` connects anew. */
  close(): void {
    if (this.#fd !== undefined) this.#libc.close(this.#fd)
    this.#fd = undefined
  }

  #sendNow(message: Buffer): void {
    const sent = this.#libc.send(this.#fd as number, message, message.length, MSG_DONTWAIT)
    this.#checked(sent, 'send')
  }

  #checked(result: number, syscall: string): number {
    if (Number(result) === -1) throw systemError(this.#libc.errno(), syscall, this.path)
    return Number(result)
  }
}

/** Whether the peer is there and only won't take this message, or not now. */
function isOfMessage(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return ['EAGAIN', 'ENOBUFS', 'EMSGSIZE', 'EINTR'].includes(code)
}
