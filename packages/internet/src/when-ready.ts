import type { Socket } from 'node:net'
import { counted } from '@runnerd/options'
import { CancelledError } from './cancelled-error.ts'

/**
 * Waits for a socket to be ready; one that isn't in time, or that nobody wants any
 * more, is destroyed.
 *
 * @param event - what says that it is: `connect`, or `secureConnect`
 * @param timeout - in seconds; 0 for none
 * @throws the socket's error, one with code ETIMEDOUT, or CancelledError
 *
 * @internal
 */
export async function whenReady(
  socket: Socket,
  event: string,
  timeout: number,
  signal: AbortSignal,
): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(new CancelledError())
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort)
      if (timeout > 0) timer = setTimeout(() => reject(lateError(timeout)), timeout * 1000)
      socket.once(event, () => resolve())
      // It stays: what is destroyed may have something to say.
      socket.on('error', reject)
      socket.once('close', () => reject(new Error('the connection was closed')))
    })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    if (onAbort) signal.removeEventListener('abort', onAbort)
  }
}

function lateError(timeout: number): Error {
  return Object.assign(new Error(`no answer for ${counted(timeout, 'second')}`), {
    code: 'ETIMEDOUT',
  })
}
