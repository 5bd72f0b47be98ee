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

/** How a worker is called in the log. */
export function nameOfWorker(number: number): string {
  return `worker ${number}`
}
