import type { BoundHandle } from './bind-handle.ts'

/** The first descriptor that a service manager passes, see sd_listen_fds(3). */
const FIRST = 3

interface Inherited {
  /** Where those are here that runner was started with; `undefined` for where they were. */
  here: ReadonlyMap<number, number> | undefined
  /** What nobody uses now, by its number when runner was started. */
  readonly kept: Map<number, BoundHandle>
}

// One for the process, however many copies of this package are loaded in it.
const KEY = Symbol.for('runnerd.inheritedSockets/1')
const globals = globalThis as unknown as Record<symbol, Inherited | undefined>

function inherited(): Inherited {
  const there = globals[KEY]
  if (there !== undefined) return there
  const made: Inherited = { here: undefined, kept: new Map() }
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}

/** The sockets that a service manager has passed, by their descriptors. @internal */
export function passedDescriptors({ LISTEN_FDS }: NodeJS.ProcessEnv): number[] {
  const count = /^\d{1,4}$/.test(LISTEN_FDS ?? '') ? Number(LISTEN_FDS) : 0
  return Array.from({ length: count }, (_, index) => FIRST + index)
}

/** The names of them, in their order. @internal */
export function passedNames({ LISTEN_FDNAMES }: NodeJS.ProcessEnv): string[] {
  return LISTEN_FDNAMES ? LISTEN_FDNAMES.split(':') : []
}

/** Says where descriptors are in this process that others were given to begin with. @internal */
export function setInheritedDescriptors(here: ReadonlyMap<number, number>): void {
  inherited().here = here
}

/** Whether the sockets that were passed are this process's own. @internal */
export function arePassedHere({ LISTEN_PID }: NodeJS.ProcessEnv): boolean {
  return inherited().here !== undefined || LISTEN_PID === String(process.pid)
}

/** The descriptor that another one is here; `undefined` if it is not there. @internal */
export function descriptorHere(descriptor: number): number | undefined {
  const { here } = inherited()
  return here === undefined ? descriptor : here.get(descriptor)
}

/** Keeps a socket that nobody uses, for whoever asks for it later. @internal */
export function keepInherited(descriptor: number, handle: BoundHandle): void {
  inherited().kept.set(descriptor, handle)
}

/** Takes what is kept for a descriptor. @internal */
export function takeKept(descriptor: number): BoundHandle | undefined {
  const { kept } = inherited()
  const handle = kept.get(descriptor)
  kept.delete(descriptor)
  return handle
}

/** What is kept for a descriptor, which stays here. @internal */
export function keptFor(descriptor: number): BoundHandle | undefined {
  return inherited().kept.get(descriptor)
}
