import { readFileSync, readlinkSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { addressOf, type BoundHandle } from './bind-handle.ts'
import { CannotListenError } from './errors.ts'
import { arePassedHere, passedDescriptors, passedNames } from './inherited-sockets.ts'
import type { PortSocket } from './port.ts'
import type { InheritedPlace, SocketDomain } from './server-place.ts'
import { descriptorSpec } from './socket-spec.ts'
import { hasSource, releaseSocket, takeSocket } from './sockets.ts'

/**
 * Gets a socket that whoever started runner has bound. A process that succeeds another,
 * or is one of several workers, gets it from there.
 *
 * @param description - what asks for it
 * @param type - which of the two it must be, if one
 * @throws CannotListenError if there is no such socket, or another kind of one
 *
 * @internal
 */
export async function takeInherited(
  place: InheritedPlace,
  description: string,
  type: 'stream' | 'datagram' | 'any' = 'stream',
): Promise<PortSocket> {
  try {
    const socket = await takeSocket(descriptorSpec(descriptorOf(place)))
    try {
      if (type !== 'any' && typeOf(socket.handle) !== type)
        throw new Error(`it is no ${type} socket`)
      const domain = domainOf(socket.handle)
      if (place.kind === 'systemd' && place.domain !== domain) {
        throw new Error(`the socket is of domain ${domain}`)
      }
      const taken = { socket, description }
      return domain === 'UNIX' ? { ...taken, path: pathOf(socket.handle) } : taken
    } catch (error) {
      releaseSocket(socket)
      socket.handle.close()
      throw error
    }
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    throw new CannotListenError({ interface: description, port: 0, cause })
  }
}

/** Its number when runner was started. */
function descriptorOf(place: InheritedPlace): number {
  if (place.kind === 'fd') return place.fd
  const { env } = process
  const descriptors = passedDescriptors(env)
  // What another process has passed on to this one is asked for there.
  if (descriptors.length === 0) throw new Error('no socket was passed: LISTEN_FDS is not set')
  if (!hasSource() && !arePassedHere(env)) {
    throw new Error(`the sockets are for the process ${env.LISTEN_PID}, says LISTEN_PID`)
  }
  const { of } = place
  const index = 'index' in of ? of.index : passedNames(env).indexOf(of.name)
  const descriptor = descriptors[index]
  if (descriptor !== undefined) return descriptor
  const count = descriptors.length === 1 ? '1 socket was' : `${descriptors.length} sockets were`
  const names = env.LISTEN_FDNAMES ? `, named ${env.LISTEN_FDNAMES}` : ''
  throw new Error(`there is no such socket: ${count} passed${names}`)
}

/** Whether it is a socket of datagrams. @internal */
export function isOfDatagrams({ socket }: PortSocket): boolean {
  return typeOf(socket.handle) === 'datagram'
}

function typeOf(handle: BoundHandle): 'stream' | 'datagram' {
  return 'recvStart' in handle ? 'datagram' : 'stream'
}

function domainOf(handle: BoundHandle): SocketDomain {
  if (handle.getsockname === undefined) return 'UNIX'
  // Node says `IPv4`, or 4.
  const { family } = addressOf(handle) as AddressInfo & { family: unknown }
  return String(family).endsWith('6') ? 'INET6' : 'INET'
}

/** Where a UNIX socket is, which Node can't ask; empty where nobody tells. */
function pathOf(handle: BoundHandle): string {
  try {
    const { fd } = handle as { fd?: number }
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
    for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
      const [, , , , , , found, ...path] = line.split(' ').filter((word) => word !== '')
      if (found === inode) return path.join(' ').replace(/^@/, '\0')
    }
    return ''
  } catch {
    return ''
  }
}
