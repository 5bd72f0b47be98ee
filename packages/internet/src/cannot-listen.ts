import { basename } from 'node:path'
import { boundAddress } from './bound-ports.ts'
import { CannotListenError, type PortHolder } from './errors.ts'

/** Makes the error of a port, and looks up who has it if it is in use. @internal */
export async function cannotListen(
  address: string,
  port: number,
  cause: NodeJS.ErrnoException,
): Promise<CannotListenError> {
  // Who has a UNIX socket the system doesn't tell.
  if (cause.code !== 'EADDRINUSE' || port === 0)
    return new CannotListenError({ interface: address, port, cause })
  const own = boundAddress(address, port)
  if (own === undefined) {
    const { findPortHolder } = await import('./port-holder.ts')
    const holder = findPortHolder(address, port)
    return new CannotListenError({ interface: address, port, cause, holder })
  }
  // The system tells only of sockets that listen.
  const holder: PortHolder = { pid: process.pid, name: basename(process.execPath) }
  const isBoth = own !== address && (own === '::' || address === '::')
  const shown = own.includes(':') ? `[${own}]` : own
  const hint = isBoth ? BOTH : `that is itself: it has ${shown}:${port} already`
  return new CannotListenError({ interface: address, port, cause, holder, hint })
}

const BOTH = 'the address :: is that of tcp6: and takes IPv4 too, so that tcp: is not needed'
