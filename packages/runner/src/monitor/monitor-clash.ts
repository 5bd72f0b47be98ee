import { resolve } from 'node:path'
import { CannotListenError, type PortHolder } from '@runnerd/internet'
import { serverPlaceOf, splitEndpoint } from '@runnerd/internet/endpoints'
import { attempt } from '../attempt.ts'

/**
 * Starts services beside a monitor. Where one can't listen since that does already, it is
 * said: to the system who has the port is a process like any other.
 *
 * @throws what the start throws
 */
export async function besideMonitor(
  monitor: string | undefined,
  start: () => void | Promise<void>,
): Promise<void> {
  try {
    await start()
  } catch (error) {
    const holder = monitor !== undefined && isTaken(error) && holderIn(error, monitor)
    if (!holder) throw error
    const { interface: at, port, cause } = error as CannotListenError
    const hint = 'give --monitor, or the service, a place of its own'
    throw new CannotListenError({ interface: at, port, cause, hint, holder })
  }
}

/** A plugin may have a copy of its own of the class, and throw what has getters that throw. */
function isTaken(error: unknown): error is CannotListenError {
  const codes = attempt(() => {
    const { code, cause } = error as Partial<CannotListenError>
    return [code, cause?.code]
  })
  return codes?.[0] === 'ERR_CANNOT_LISTEN' && codes[1] === 'EADDRINUSE'
}

/** `undefined` where it is not the monitor. */
function holderIn(error: CannotListenError, monitor: string): PortHolder | undefined {
  const { port, interface: at, holder } = error
  const name = '--monitor of this run'
  const place = serverPlaceOf(monitor, splitEndpoint(monitor))
  // The monitor was bound before, so that nobody else has its path.
  if (place?.kind === 'unix' && resolve(place.path) === at) return { pid: process.pid, name }
  if (place?.kind !== 'tcp' || place.port !== port || holder === undefined) return undefined
  // That of a worker is in the process that has started it.
  return [process.pid, process.ppid].includes(holder.pid) ? { pid: holder.pid, name } : undefined
}
