import type { Socket } from 'node:net'
import { plainAddress } from './addresses.ts'
import type { Where } from './request.ts'

/** What stands for the ends of a UNIX socket: only this machine has it. */
const LOOPBACK = '127.0.0.1'

/** Where this machine's end of a connection is. */
export function localOf({ localAddress, localPort }: Socket): Where {
  return { address: plainAddress(localAddress ?? LOOPBACK), port: localPort ?? 0 }
}

/** Where the other end is. */
export function peerOf({ remoteAddress, remotePort }: Socket): Where {
  return { address: plainAddress(remoteAddress ?? LOOPBACK), port: remotePort ?? 0 }
}
