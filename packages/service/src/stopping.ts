import type { IService } from './i-service.ts'

/** A tree, or part of one, whose time for stopping is over. @internal */
export interface Spent {
  /** The seconds it had. */
  readonly seconds: number
  /** When the grace ends that all still to be stopped share, by `performance.now()`. */
  readonly until: number
}

/** A service that had not stopped in time, and was waited for no longer. */
export interface LateService {
  readonly service: IService
  /** See {@link servicePath}. */
  readonly path: string
  /** The seconds that it, or what it is in, had. */
  readonly seconds: number
}

/** Whom a stop with a deadline keeps informed. */
export interface StopListener {
  /** A service is asked to stop now. */
  onStop(service: IService): void
  /** A service is waited for no longer; once for each. */
  onLate(late: LateService): void
}

/**
 * What a collection has for the deadlines of a stop. Under a registered symbol:
 * two copies of this package must agree, and no author's method may be taken for it.
 *
 * @internal
 */
export interface Stopping {
  /** Has time run out for the children. @returns when the one it is at is done with, if it is at one */
  hurry(spent: Spent): Promise<void> | undefined
  /** Stops the children that it did not get to itself. */
  stopRest(): Promise<void>
  /** Of what is in the collection, and of itself. */
  listener?: StopListener | undefined
}

/** @internal */
export const STOPPING: unique symbol = Symbol.for('runnerd.stopping/1')

/** @internal */
export function stoppingOf(service: unknown): Stopping | undefined {
  return (service as { [STOPPING]?: Stopping })[STOPPING]
}

/** Who listens, at the service itself or at a collection above. @internal */
export function* listenersOf(service: IService): Generator<StopListener> {
  for (let at: unknown = service; at; at = (at as Partial<IService>).parent) {
    const listener = stoppingOf(at)?.listener
    if (listener) yield listener
  }
}

/** Seconds, at most. */
const GRACE = 2

/**
 * The seconds that what remains of a tree has to stop, once its deadline is
 * spent: as many again, but no more than 2. Each service may take half of what is
 * then left of it, so that one that hangs leaves some for those after it.
 */
export function graceAfter(seconds: number): number {
  return Math.min(seconds, GRACE)
}

/** @internal */
export function spentAfter(seconds: number): Spent {
  return { seconds, until: performance.now() + graceAfter(seconds) * 1000 }
}
