import { basename } from 'node:path'
import { isBound } from './bound-ports.ts'
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
  const holder = await holderOf(address, port)
  return new CannotListenError({ interface: address, port, cause, holder })
}

async function holderOf(address: string, port: number): Promise<PortHolder | undefined> {
  // The system tells only of sockets that listen.
  if (isBound(address, port)) return { pid: process.pid, name: basename(process.execPath) }
  const { findPortHolder } = await import('./port-holder.ts')
  return findPortHolder(address, port)
}
