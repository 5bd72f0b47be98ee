import { fstatSync, linkSync, statSync, unlinkSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { getSystemErrorMap, getSystemErrorName } from 'node:util'
import { isBound } from './bound-ports.ts'
import { descriptorHere, takeKept } from './inherited-sockets.ts'
import type { SocketSpec } from './socket-spec.ts'
import { clearPath, draftOf, isShort, lookAt } from './unix-path.ts'

/**
 * A socket with an address: Node's own handle. For TCP and UNIX it does not listen
 * yet and `server.listen` takes it, for UDP `socket.bind` does. It can be sent to
 * another process as it is.
 *
 * @internal
 */
export interface BoundHandle {
  /** Not there for a UNIX socket. */
  getsockname?(into: Partial<AddressInfo>): number
  close(): void
}

type CreateServerHandle = (
  address: string | null,
  port: number,
  family: 4 | 6 | -1,
  fd: number,
  flags?: number,
) => BoundHandle | number

type CreateSocketHandle = (
  address: string | null,
  port: number,
  type: 'udp4' | 'udp6',
  fd: number | undefined,
  flags: number,
) => BoundHandle | number

/** libuv's UV_TCP_IPV6ONLY and UV_UDP_IPV6ONLY. */
const IPV6_ONLY = 1

/**
 * Node's public API can't bind without listening, and a listening socket takes
 * connections at once. This function is how `node:net` and `node:cluster` bind
 * it themselves; it has had this form since Node 0.12.
 */
const { _createServerHandle } = net as unknown as { _createServerHandle: CreateServerHandle }

/**
 * Binds a socket, on which connections are refused until it listens.
 *
 * @throws the system's error
 *
 * @internal
 */
export async function bindHandle(spec: SocketSpec): Promise<BoundHandle> {
  if (spec.kind === 'unix') return await bindPath(spec.address)
  if (spec.kind === 'fd') return await openDescriptor(Number(spec.address))
  return spec.kind === 'tcp' ? bindTCP(spec) : await bindUDP(spec)
}

/** Where a socket is bound; its own path for a UNIX socket. @internal */
export function addressOf(handle: BoundHandle): AddressInfo {
  const info: Partial<AddressInfo> = {}
  // libuv keeps EADDRINUSE of a bind to itself until the next call on the socket.
  const failure = handle.getsockname?.(info) ?? 0
  if (failure !== 0) throw systemError(failure)
  return info as AddressInfo
}

function bindTCP({ address, port, ipv6Only }: SocketSpec): BoundHandle {
  if (isBound(address, port, ipv6Only === true))
    throw bindError('EADDRINUSE', 'address already in use')
  // It is an address already. To ask isIPv6 costs Node 20 more than to bind.
  const flags = ipv6Only ? IPV6_ONLY : 0
  return bound(_createServerHandle(address, port, address.includes(':') ? 6 : 4, -1, flags))
}

/** A socket that was bound, and may be listened on, before this process was there. */
async function openDescriptor(descriptor: number): Promise<BoundHandle> {
  const kept = takeKept(descriptor)
  if (kept !== undefined) return kept
  const here = descriptorHere(descriptor)
  if (here === undefined) throw bindError('EBADF', `descriptor ${descriptor} was not passed on`)
  const stream = _createServerHandle(null, 0, -1, here)
  // What is no stream may be for datagrams.
  const handle = typeof stream === 'number' ? await createUDP(null, 0, 'udp4', here) : stream
  if (typeof handle !== 'number') return bound(handle)
  // Node has none for datagrams of UNIX, for one.
  if (isSocket(here)) throw bindError('ESOCKTNOSUPPORT', 'socket type not supported')
  throw bindError('ENOTSOCK', `descriptor ${descriptor} is no socket`)
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch {
    return false
  }
}

async function bindUDP({ address, port, ipv6Only }: SocketSpec): Promise<BoundHandle> {
  const type = address.includes(':') ? 'udp6' : 'udp4'
  return bound(await createUDP(address, port, type, undefined, ipv6Only ? IPV6_ONLY : 0))
}

async function createUDP(
  address: string | null,
  port: number,
  type: 'udp4' | 'udp6',
  fd: number | undefined,
  flags = 0,
): Promise<BoundHandle | number> {
  const dgram = (await import('node:dgram')).default
  const create = (dgram as unknown as { _createSocketHandle: CreateSocketHandle })
    ._createSocketHandle
  // Deprecated in words only: it is what node:cluster binds with, as the one above.
  const { noDeprecation } = process
  process.noDeprecation = true
  try {
    return create(address, port, type, fd, flags)
  } finally {
    process.noDeprecation = noDeprecation as boolean
  }
}

/**
 * libuv removes the name that it bound when it closes the socket, which other
 * processes may go on with by then: it gets a name of its own, and only then the
 * real one. A socket in the way that nobody has any more is removed first.
 */
async function bindPath(path: string): Promise<BoundHandle> {
  // libuv would cut it off and bind that.
  if (!isShort(path)) throw bindError('ENAMETOOLONG', 'name too long')
  if (path.startsWith('\0')) return bound(_createServerHandle(path, -1, -1, -1))
  // libuv takes a missing directory for a forbidden one.
  statSync(dirname(path))
  await clearPath(path)
  const draft = draftOf(path)
  const handle = bound(_createServerHandle(draft, -1, -1, -1))
  try {
    linkSync(draft, path)
  } catch (error) {
    handle.close()
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw error
    const isSocket = lookAt(path)?.isSocket() !== false
    throw isSocket ? bindError('EADDRINUSE', 'address already in use') : error
  }
  unlinkSync(draft)
  return handle
}

function bound(handle: BoundHandle | number): BoundHandle {
  if (typeof handle === 'number') throw systemError(handle)
  try {
    addressOf(handle)
    return handle
  } catch (error) {
    handle.close()
    throw error
  }
}

/** What a call of one of Node's own handles has failed with. @internal */
export function systemError(errno: number, syscall = 'bind'): NodeJS.ErrnoException {
  const [code, text] = [getSystemErrorName(errno), getSystemErrorMap().get(errno)?.[1]]
  return errorOfCall(syscall, code, text, errno)
}

function bindError(code: string, text?: string): NodeJS.ErrnoException {
  return errorOfCall('bind', code, text)
}

/** What Node would throw if it had a public function for this. */
function errorOfCall(
  syscall: string,
  code: string,
  text = code,
  errno?: number,
): NodeJS.ErrnoException {
  const error = new Error(`${syscall} ${code}: ${text}`)
  return Object.assign(error, { code, syscall, ...(errno === undefined ? {} : { errno }) })
}
