import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { UsageError } from '@runnerd/options'
import { malformed } from '../export/cannot-export.ts'
import { type ExportedListener, placeOf } from '../export/exported-listener.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { withEndpoints } from '../export/with-endpoints.ts'
import { wholePath } from './unit-syntax.ts'

/** What systemd takes of a socket's path or name, in bytes. */
const MOST = 107

/** The sockets that systemd opens for a run, and the words of a run that takes them. */
export interface PassedSockets {
  readonly words: readonly string[]
  /** Without the variables that say where to listen. */
  readonly environment: Readonly<Record<string, string>>
  /** The settings of [Socket]. */
  readonly settings: readonly string[]
  /** What the run still opens itself. */
  readonly rest: readonly ExportedListener[]
  readonly notes: readonly string[]
}

/**
 * Has systemd open what it can. It knows nothing of TLS, nor of a dropin's types, and
 * needs an address and a port, and an option by which the run hears of it; and where an
 * option is for streams and datagrams, a socket that was passed is taken for one of streams.
 *
 * @throws UsageError where there is nothing for it to open, or a path that it takes for none
 */
export function passedSockets(run: ExportedRun): PassedSockets {
  const { name, listeners, options } = run
  const isOpenable = (each: ExportedListener): boolean =>
    each.option !== undefined &&
    canOpen(each) &&
    (each.kind !== 'udp' || options[each.option]?.endpoint === 'datagram')
  if (listeners.some(({ kind }) => kind === 'passed')) {
    throw new UsageError(
      `cannot export to systemd: ${name} takes sockets already; leave --socket out`,
    )
  }
  const passed = listeners.filter(isOpenable)
  const rest = listeners.filter((each) => !isOpenable(each))
  if (passed.length === 0) {
    const hint =
      'it can open what an option of the plugin names, but for TLS and ports chosen by the system'
    throw new UsageError(`cannot export to systemd: --socket has nothing to open for ${name}`, {
      hint,
    })
  }
  const which = (listener: ExportedListener): string =>
    passed.length === 1 ? `name=${name}` : `index=${passed.indexOf(listener)}`
  return {
    ...withEndpoints(run, (each) =>
      isOpenable(each) ? `systemd:domain=${domainOf(each)}:${which(each)}` : each.endpoint,
    ),
    settings: [
      ...passed.map(
        (each) =>
          `${each.kind === 'udp' ? 'ListenDatagram' : 'ListenStream'}=${addressOf(each, run.cwd)}`,
      ),
      `FileDescriptorName=${name}`,
      ...ofDatagrams(passed),
      ...ofPaths(passed),
    ],
    rest,
    notes: rest.map((each) => `${name} opens ${placeOf(each)} itself: systemd can't`),
  }
}

function canOpen({ kind, address, port, tls }: ExportedListener): boolean {
  if (kind === 'unix') return true
  return (kind === 'tcp' || kind === 'udp') && !tls && port !== 0 && isIP(address) !== 0
}

function domainOf({ kind, address }: ExportedListener): string {
  if (kind === 'unix') return 'UNIX'
  return isIP(address) === 6 ? 'INET6' : 'INET'
}

/** On Linux a path that begins with a NUL is a name. */
function addressOf(listener: ExportedListener, cwd: string): string {
  const { path, option } = listener
  if (path === undefined) return placeOf(listener)
  const whole = path.startsWith('\0') ? `@${path.slice(1)}` : resolve(cwd, path)
  if (option !== undefined && Buffer.byteLength(whole) > MOST) {
    throw malformed('systemd', option, `a path of at most ${MOST} bytes`, whole)
  }
  return wholePath(whole)
}

/**
 * Nobody is refused while the service starts, but what is sent then is thrown away when
 * the system's queue is full, which has room for 256 small datagrams. The connections of a
 * stream would get this room too, and keep it from growing as they need it.
 */
function ofDatagrams(passed: readonly ExportedListener[]): string[] {
  return passed.every(({ kind }) => kind === 'udp') ? ['ReceiveBuffer=4M'] : []
}

/** They have one mode: there is one such setting. */
function ofPaths(passed: readonly ExportedListener[]): string[] {
  const modes = passed.filter(({ kind }) => kind === 'unix').map(({ mode = 0o666 }) => mode)
  if (modes.length === 0) return []
  if (new Set(modes).size > 1) {
    throw new UsageError(
      'cannot export to systemd: its UNIX sockets have several modes; leave --socket out',
    )
  }
  return [`SocketMode=0${modes[0]?.toString(8)}`, 'RemoveOnStop=yes']
}
