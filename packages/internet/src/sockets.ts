import { addressOf, type BoundHandle, bindHandle } from './bind-handle.ts'
import { rememberBound } from './bound-ports.ts'
import {
  type BindDatagrams,
  type DatagramHandle,
  type ReceivedDatagram,
  setBindDatagrams,
} from './datagram-handle.ts'
import {
  arePassedHere,
  keepInherited,
  keptFor,
  passedDescriptors,
  setInheritedDescriptors,
  takeKept,
} from './inherited-sockets.ts'
import { descriptorSpec, nameOfSpec, type SocketSpec } from './socket-spec.ts'

export type { BindDatagrams, BoundHandle, DatagramHandle, ReceivedDatagram, SocketSpec }
export {
  addressOf,
  bindHandle,
  descriptorSpec,
  keepInherited,
  passedDescriptors,
  rememberBound,
  setBindDatagrams,
  setInheritedDescriptors,
}

/** A socket that this process listens on, or is about to. @internal */
export interface BoundSocket {
  readonly spec: SocketSpec
  /** Which of those with the same spec: 0 for the first. */
  readonly nth: number
  readonly handle: BoundHandle
  /** Another process has it too: the path of a UNIX socket is not to be removed then. */
  shared: boolean
}

/**
 * Where sockets come from instead of being bound here; `undefined` has this process
 * bind it after all, and an error fails the service that wants it.
 *
 * @internal
 */
export type SocketSource = (spec: SocketSpec, nth: number) => Promise<BoundHandle | undefined>

interface Sockets {
  source: SocketSource | undefined
  readonly bound: Map<string, Place>
}

/** A socket, or the place of one that is being asked for. */
type Place = Omit<BoundSocket, 'handle'> & { handle: BoundHandle | undefined }

// One for the process, however many copies of this package are loaded in it: its
// shape is a contract between versions, and a change of it needs a new key.
const KEY = Symbol.for('runnerd.sockets/1')
const globals = globalThis as unknown as Record<symbol, Sockets | undefined>

function sockets(): Sockets {
  const there = globals[KEY]
  if (there !== undefined) return there
  const made: Sockets = { source: undefined, bound: new Map() }
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}

/**
 * Gets a socket: the one that the source has for it, else a new one. It is this
 * process's until {@link releaseSocket}, and may be handed on to another meanwhile.
 *
 * @throws the system's error, or the source's
 *
 * @internal
 */
export async function takeSocket(spec: SocketSpec): Promise<BoundSocket> {
  const { source, bound } = sockets()
  const name = nameOfSpec(spec)
  let nth = 0
  while (bound.has(`${name} ${nth}`)) nth += 1
  const key = `${name} ${nth}`
  // Taken before it is awaited: another service may want one like it meanwhile.
  const place: Place = { spec, nth, handle: undefined, shared: false }
  bound.set(key, place)
  try {
    if (spec.kind === 'fd' && nth > 0) throw usedTwice()
    const kept = spec.kind === 'fd' ? takeKept(Number(spec.address)) : undefined
    const given = kept ?? (await source?.(spec, nth))
    // Whoever gave it goes on with it, until this process takes over.
    place.shared = given !== undefined
    place.handle = given ?? (await bindHandle(spec))
    return place as BoundSocket
  } catch (error) {
    bound.delete(key)
    throw error
  }
}

/** Forgets a socket that is being closed, so that it is handed to nobody. @internal */
export function releaseSocket({ spec, nth }: BoundSocket): void {
  sockets().bound.delete(`${nameOfSpec(spec)} ${nth}`)
}

/** The socket that this process has for it, to be handed to another process. @internal */
export function boundSocket(spec: SocketSpec, nth: number): BoundSocket | undefined {
  const place = sockets().bound.get(`${nameOfSpec(spec)} ${nth}`)
  return place?.handle === undefined ? undefined : (place as BoundSocket)
}

/**
 * A socket that this process was started with, or has got from one that was, to be
 * handed to another process though no service uses it here.
 *
 * @internal
 */
export async function inheritedSocket({
  kind,
  address,
}: SocketSpec): Promise<BoundHandle | undefined> {
  if (kind !== 'fd') return undefined
  const descriptor = Number(address)
  const kept = keptFor(descriptor)
  // Those of the first process are no others' by their numbers.
  if (kept !== undefined || hasSource() || !arePassedHere(process.env)) return kept
  try {
    const handle = await bindHandle(descriptorSpec(descriptor))
    keepInherited(descriptor, handle)
    return handle
  } catch {
    return undefined
  }
}

/** Whether sockets come from another process. @internal */
export function hasSource(): boolean {
  return sockets().source !== undefined
}

/** Every socket that this process has. @internal */
export function boundSockets(): BoundSocket[] {
  const places = [...sockets().bound.values()]
  return places.filter((place): place is BoundSocket => place.handle !== undefined)
}

/** Says where sockets come from, from now on; `undefined` has them bound here. @internal */
export function setSocketSource(source: SocketSource | undefined): void {
  sockets().source = source
}

function usedTwice(): NodeJS.ErrnoException {
  return Object.assign(new Error('another service has it'), { code: 'EADDRINUSE' })
}
