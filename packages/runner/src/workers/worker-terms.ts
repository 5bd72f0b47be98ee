import type { Launch, Plan } from '../plan.ts'

/** What a worker is told when it is to start. */
export interface WorkOrder {
  /** From 1. */
  readonly number: number
  readonly generation: number
  readonly launch: Launch
  /** What the words in `launch` were found to mean; `undefined` to read them anew. */
  readonly plan: Plan | undefined
}

/** What a worker tells when its whole tree has started: what it runs, and its application's own words. */
export interface WorkerFacts {
  readonly plan: Plan
  readonly name: string
  readonly processName: string | undefined
  readonly uid: number | undefined
  readonly gid: number | undefined
}

/** The longest and the shortest time between two beats, in seconds. */
const SLOWEST = 1
const FASTEST = 0.05

/** How often a worker shows that its event loop turns, in seconds, if it may be silent for so many. */
export function pulseOf(timeout: number): number {
  return Math.min(Math.max(timeout / 4, FASTEST), SLOWEST)
}

/** How a worker is called in the log. */
export function nameOfWorker(number: number): string {
  return `worker ${number}`
}
