import type { DatagramHandle, ReceivedDatagram } from '@runnerd/internet/sockets'
import { type Libc, loadLibc, type MessageHeader, systemError } from './libc.ts'
import { arrivalOf } from './socket-signal.ts'
import { ADDRESS_SIZE, AF_UNIX, pathIn, SOCK_DGRAM, socketAddress } from './unix-socket-address.ts'

const isLinux = process.platform === 'linux'

const F_SETFD = 2
const FD_CLOEXEC = 1
const MSG_DONTWAIT = isLinux ? 0x40 : 0x80
const SOL_SOCKET = 1
const SO_PASSCRED = 16

/** As long as a `struct cmsghdr` is, and a `struct ucred`. */
const HEADER = process.arch === 'arm' || process.arch === 'ia32' ? 12 : 16
const CREDENTIALS = 12

/** No room for descriptors, which the system closes then. */
const CONTROL = HEADER === 16 ? 32 : 24

/** How many are read before others have their turn. */
const AT_ONCE = 64

/**
 * A UNIX socket for datagrams, which Node has none of. The system sends a signal when one
 * has come: no thread waits for it.
 *
 * @see unix(7), and `O_ASYNC` in fcntl(2)
 */
export class UnixDatagramHandle implements DatagramHandle {
  readonly #libc: Libc
  readonly #path: string
  readonly #header: MessageHeader
  #fd: number
  #ended: (() => void) | undefined

  /**
   * @param path - where it is bound: of the abstract namespace with a NUL in front
   * @param size - the most bytes of a datagram; the rest of a longer one is dropped
   * @param called - the path as it is shown to an operator
   * @throws RunnerError without koffi; the system's error
   */
  constructor(path: string, size: number, called: string) {
    this.#path = path
    this.#libc = loadLibc(`cannot listen on ${called.replace('\0', '@')}`)
    this.#header = {
      name: Buffer.alloc(ADDRESS_SIZE),
      namelen: ADDRESS_SIZE,
      iov: { base: Buffer.alloc(size), len: size },
      iovlen: 1,
      control: isLinux ? Buffer.alloc(CONTROL) : null,
      controllen: 0,
      flags: 0,
    }
    const address = socketAddress(path)
    this.#fd = this.#checked(this.#libc.socket(AF_UNIX, SOCK_DGRAM, 0), 'socket')
    try {
      this.#checked(this.#libc.fcntl(this.#fd, F_SETFD, 'int', FD_CLOEXEC), 'fcntl')
      this.#checked(this.#libc.bind(this.#fd, address, address.length), 'bind')
      if (isLinux) this.#passCredentials()
    } catch (error) {
      this.close()
      throw error
    }
  }

  receive(received: (datagram: ReceivedDatagram) => void): void {
    this.#ended = arrivalOf(this.#libc, this.#fd, () => this.#readSome(received))
  }

  readRest(received: (datagram: ReceivedDatagram) => void, most: number): void {
    for (let left = most; left > 0 && this.#readOne(received); left -= 1);
  }

  send(data: Uint8Array, path: string): void {
    const address = socketAddress(path)
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const { sendto } = this.#libc
    const sent = sendto(this.#fd, bytes, bytes.length, MSG_DONTWAIT, address, address.length)
    this.#checked(sent, 'sendto', path)
  }

  close(): void {
    this.#ended?.()
    this.#ended = undefined
    if (this.#fd !== -1) this.#libc.close(this.#fd)
    this.#fd = -1
  }

  /** @returns whether there may be more */
  #readSome(received: (datagram: ReceivedDatagram) => void): boolean {
    for (let count = 0; count < AT_ONCE; count += 1) if (!this.#readOne(received)) return false
    return true
  }

  #readOne(received: (datagram: ReceivedDatagram) => void): boolean {
    // A listener may have closed it.
    if (this.#fd === -1) return false
    const header = this.#header
    header.namelen = ADDRESS_SIZE
    header.controllen = header.control?.length ?? 0
    const { name, iov, control } = header
    const { recvmsg } = this.#libc
    // It is filled in anew: what koffi puts into it are no buffers.
    const filled = { ...header }
    const length = Number(recvmsg(this.#fd, filled, MSG_DONTWAIT))
    if (length === -1) return false
    const { namelen, controllen } = filled
    received({
      data: Buffer.from(iov.base.subarray(0, length)),
      path: pathIn(name, namelen),
      credentials: credentialsIn(control, Number(controllen)),
    })
    return true
  }

  #passCredentials(): void {
    const on = Buffer.from(new Int32Array([1]).buffer)
    const { setsockopt } = this.#libc
    this.#checked(setsockopt(this.#fd, SOL_SOCKET, SO_PASSCRED, on, on.length), 'setsockopt')
  }

  #checked(result: number, syscall: string, path = this.#path): number {
    if (Number(result) === -1) throw systemError(this.#libc.errno(), syscall, path)
    return Number(result)
  }
}

/** Who has sent it, as the kernel tells. */
function credentialsIn(control: Buffer | null, length: number): ReceivedDatagram['credentials'] {
  if (control === null || length < HEADER + CREDENTIALS) return undefined
  const at = control.byteOffset + HEADER
  const [pid = 0, uid = 0, gid = 0] = new Uint32Array(control.buffer.slice(at, at + CREDENTIALS))
  return { pid, uid, gid }
}
