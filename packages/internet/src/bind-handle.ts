import net, { type AddressInfo } from 'node:net'
import { getSystemErrorMap, getSystemErrorName } from 'node:util'
import { isBound } from './bound-ports.ts'

/** A socket with an address that does not listen yet; `server.listen` takes it. @internal */
export interface BoundHandle {
  getsockname(into: Partial<AddressInfo>): number
  close(): void
}

type CreateServerHandle = (
  address: string,
  port: number,
  family: 4 | 6,
  fd: -1,
) => BoundHandle | number

/**
 * Node's public API can't bind without listening, and a listening socket takes
 * connections at once. This function is how `node:net` and `node:cluster` bind
 * it themselves; it has had this form since Node 0.12.
 */
const { _createServerHandle } = net as unknown as { _createServerHandle: CreateServerHandle }

/**
 * Binds a TCP socket, on which connections are refused until it listens.
 *
 * @throws the system's error
 *
 * @internal
 */
export function bindHandle(address: string, port: number): [BoundHandle, AddressInfo] {
  if (isBound(address, port)) throw bindError('EADDRINUSE', 'address already in use')
  // It is an address already. To ask isIPv6 costs Node 20 more than to bind.
  const family = address.includes(':') ? 6 : 4
  const handle = _createServerHandle(address, port, family, -1)
  if (typeof handle === 'number') throw systemError(handle)
  const info: Partial<AddressInfo> = {}
  // libuv keeps EADDRINUSE of a bind to itself until the next call on the socket.
  const failure = handle.getsockname(info)
  if (failure !== 0) {
    handle.close()
    throw systemError(failure)
  }
  return [handle, info as AddressInfo]
}

function systemError(errno: number): NodeJS.ErrnoException {
  return bindError(getSystemErrorName(errno), getSystemErrorMap().get(errno)?.[1], errno)
}

/** What Node would throw if it had a public function for this. */
function bindError(code: string, text = code, errno?: number): NodeJS.ErrnoException {
  const error = new Error(`bind ${code}: ${text}`)
  return Object.assign(error, { code, syscall: 'bind', ...(errno === undefined ? {} : { errno }) })
}
