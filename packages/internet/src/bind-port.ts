import type { AddressInfo } from 'node:net'
import type { Acceptor } from './accept.ts'
import { type BoundHandle, bindHandle } from './bind-handle.ts'
import { cannotListen } from './cannot-listen.ts'
import { Port } from './port.ts'
import { resolveInterface } from './resolve-interface.ts'

/**
 * Binds a port, on which connections are refused until it listens.
 *
 * @throws CannotListenError, or what the factory's `startFactory` throws
 *
 * @internal
 */
export async function bindPort(name: string, port: number, acceptor: Acceptor): Promise<Port> {
  const [handle, info] = await bind(name, port)
  try {
    return new Port(handle, info, acceptor)
  } catch (error) {
    handle.close()
    throw error
  }
}

async function bind(name: string, port: number): Promise<[BoundHandle, AddressInfo]> {
  let address = name
  try {
    address = await resolveInterface(name)
    return bindHandle(address, port)
  } catch (error) {
    throw await cannotListen(address, port, error as NodeJS.ErrnoException)
  }
}
