import type { Acceptor } from './accept.ts'
import { cannotListen } from './cannot-listen.ts'
import { Port, type PortOptions } from './port.ts'
import { resolveInterface } from './resolve-interface.ts'
import { tcpSpec } from './socket-spec.ts'
import { type BoundSocket, takeSocket } from './sockets.ts'

/**
 * Binds a port, on which connections are refused until it listens; or gets it from
 * the process that this one succeeds, where it listens already.
 *
 * @throws CannotListenError, or what the factory's `startFactory` throws
 *
 * @internal
 */
export async function bindPort(
  name: string,
  port: number,
  acceptor: Acceptor,
  options: PortOptions,
): Promise<Port> {
  return new Port(await bind(name, port), acceptor, options)
}

async function bind(name: string, port: number): Promise<BoundSocket> {
  let address = name
  try {
    address = await resolveInterface(name)
    return await takeSocket(tcpSpec(address, port))
  } catch (error) {
    throw await cannotListen(address, port, error as NodeJS.ErrnoException)
  }
}
