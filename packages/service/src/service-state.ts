import type { IService } from './i-service.ts'

/** Where a service is in its life; `failed` when its last start or stop threw. */
export type ServiceState = 'stopped' | 'starting' | 'running' | 'stopping' | 'failed'

/** What is known of where a service is. @internal */
export interface StateSince {
  readonly state: ServiceState
  /** Milliseconds since 1970; `undefined` when nobody noted it. */
  readonly since: number | undefined
}

const STATES = Symbol.for('runnerd.serviceStates')

/** One for the process: two copies of this package must agree. */
const shared = globalThis as { [STATES]?: WeakMap<IService, StateSince> }
shared[STATES] ??= new WeakMap()
const states: WeakMap<IService, StateSince> = shared[STATES]

/** Notes that a service is in a state from now on, if it isn't already. @internal */
export function enterState(service: IService, state: ServiceState): void {
  if (states.get(service)?.state === state) return
  states.set(service, { state, since: Date.now() })
}

/**
 * Where a service is, and since when: as its parent noted it, or, for one that
 * was started by hand, as it says itself. @internal
 */
export function stateOf(service: IService): StateSince {
  const noted = states.get(service)
  // Whoever stops a service by hand doesn't note it.
  if (noted !== undefined && (noted.state !== 'running' || service.running)) return noted
  return { state: service.running ? 'running' : 'stopped', since: undefined }
}
