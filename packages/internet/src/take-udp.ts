import { CannotListenError } from './errors.ts'
import { resolveInterface } from './resolve-interface.ts'
import { udpSpec } from './socket-spec.ts'
import { type BoundSocket, takeSocket } from './sockets.ts'

/**
 * Binds a UDP port, or gets it from the process that this one succeeds.
 *
 * @throws CannotListenError
 *
 * @internal
 */
export async function takeUdp(
  name: string,
  port: number,
  ipv6Only?: boolean,
): Promise<BoundSocket> {
  let address = name
  try {
    address = await resolveInterface(name)
    return await takeSocket(udpSpec(address, port, ipv6Only))
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    throw new CannotListenError({ interface: address, port, cause })
  }
}
