import { resolve } from 'node:path'
import { CannotListenError, type PortHolder } from '@runnerd/internet'
import { serverPlaceOf, splitEndpoint } from '@runnerd/internet/endpoints'
import { attempt } from './attempt.ts'
import { controlPath } from './control/control-path.ts'

/** Where a run itself listens. */
export interface OwnSockets {
  readonly monitor: string | undefined
  /** The pid file that has a control socket beside it. */
  readonly pidfile: string | undefined
}

/**
 * Starts services beside the sockets of the run itself. Where one can't listen since those
 * do already, it is said: to the system who has the place is a process like any other.
 *
 * @throws what the start throws
 */
export async function besideOwnSockets(
  own: OwnSockets,
  start: () => void | Promise<void>,
): Promise<void> {
  try {
    await start()
  } catch (error) {
    const clash = isTaken(error) && (ofMonitor(error, own) ?? ofControl(error, own))
    if (!clash) throw error
    const { interface: at, port, cause } = error as CannotListenError
    throw new CannotListenError({ interface: at, port, cause, ...clash })
  }
}

/** Who has the place, and what to do about it. */
interface Clash {
  readonly holder: PortHolder
  readonly hint: string
}

/** A plugin may have a copy of its own of the class, and throw what has getters that throw. */
function isTaken(error: unknown): error is CannotListenError {
  const codes = attempt(() => {
    const { code, cause } = error as Partial<CannotListenError>
    return [code, cause?.code]
  })
  return codes?.[0] === 'ERR_CANNOT_LISTEN' && codes[1] === 'EADDRINUSE'
}

function ofMonitor(error: CannotListenError, { monitor }: OwnSockets): Clash | undefined {
  const holder = monitor === undefined ? undefined : monitorIn(error, monitor)
  return holder && { holder, hint: 'give --monitor, or the service, a place of its own' }
}

function ofControl(error: CannotListenError, { pidfile }: OwnSockets): Clash | undefined {
  if (pidfile === undefined || controlPath(pidfile) !== error.interface) return undefined
  const holder = { pid: process.pid, name: 'the control socket of this run' }
  return { holder, hint: 'it is beside the pid file: give --pidfile, or the service, another name' }
}

/** `undefined` where it is not the monitor. */
function monitorIn(error: CannotListenError, monitor: string): PortHolder | undefined {
  const { port, interface: at, holder } = error
  const name = '--monitor of this run'
  const place = serverPlaceOf(monitor, splitEndpoint(monitor))
  // The monitor was bound before, so that nobody else has its path.
  if (place?.kind === 'unix' && resolve(place.path) === at) return { pid: process.pid, name }
  if (place?.kind !== 'tcp' || place.port !== port || holder === undefined) return undefined
  // That of a worker is in the process that has started it.
  return [process.pid, process.ppid].includes(holder.pid) ? { pid: holder.pid, name } : undefined
}
