import { chmodSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { cannotListen } from './cannot-listen.ts'
import type { PortSocket } from './port.ts'
import { unixSpec } from './socket-spec.ts'
import { type BoundSocket, takeSocket } from './sockets.ts'
import { lookAt } from './unix-path.ts'

/**
 * Binds a UNIX socket, on which connections are refused until it listens; or gets
 * it from the process that this one succeeds, where it listens already.
 *
 * @param mode - who may connect
 * @throws CannotListenError
 *
 * @internal
 */
export async function takePath(name: string, mode: number): Promise<PortSocket> {
  const path = name.startsWith('\0') ? name : resolve(name)
  const socket = await bind(path)
  if (name.startsWith('\0')) return { socket, path }
  chmod(path, mode)
  return { socket, path, beforeClose: remover(path) }
}

async function bind(path: string): Promise<BoundSocket> {
  try {
    return await takeSocket(unixSpec(path))
  } catch (error) {
    throw await cannotListen(path, 0, error as NodeJS.ErrnoException)
  }
}

function chmod(path: string, mode: number): void {
  try {
    chmodSync(path, mode)
  } catch {
    // One that was handed over may be root's, and has its mode already.
  }
}

/** Returns what removes the path, if it is this socket's still and no other process's. */
function remover(path: string): (socket: BoundSocket) => void {
  const ours = lookAt(path)
  return ({ shared }) => {
    try {
      if (!shared && lookAt(path)?.ino === ours?.ino) unlinkSync(path)
    } catch {
      // It is gone, or not ours to remove any more: the next start replaces it.
    }
  }
}
