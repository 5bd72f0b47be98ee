import { cannotListen } from './cannot-listen.ts'
import type { PortSocket } from './port.ts'
import { resolveInterface } from './resolve-interface.ts'
import { tcpSpec } from './socket-spec.ts'
import { takeSocket } from './sockets.ts'

/**
 * Binds a port, on which connections are refused until it listens; or gets it from
 * the process that this one succeeds, where it listens already.
 *
 * @throws CannotListenError
 *
 * @internal
 */
export async function takePort(
  name: string,
  port: number,
  ipv6Only?: boolean,
): Promise<PortSocket> {
  let address = name
  try {
    address = await resolveInterface(name)
    return { socket: await takeSocket(tcpSpec(address, port, ipv6Only)) }
  } catch (error) {
    throw await cannotListen(address, port, error as NodeJS.ErrnoException)
  }
}
