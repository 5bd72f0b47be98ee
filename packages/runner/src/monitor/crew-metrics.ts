import type { Crew } from '../workers/crew.ts'
import type { MetricFamilies } from './metric-family.ts'
import { runnerMetrics } from './runner-metrics.ts'

/** Every state, so that none is missing where there is no worker in it. */
const STATES = ['starting', 'running', 'draining', 'stopping', 'waiting'] as const

/** Adds how the workers are, as the process knows it that has started them. */
export function addCrew(families: MetricFamilies, { slots, leaving }: Crew): void {
  for (const state of STATES) families.add(runnerMetrics.workers, 0, { state })
  for (const { number, current, restarts } of slots) {
    const state = current === undefined || current.state === 'ended' ? 'waiting' : current.state
    families.add(runnerMetrics.workers, 1, { state })
    families.add(runnerMetrics.workerRestarts, restarts.total, { worker: String(number) })
  }
  for (const { state } of leaving.all) families.add(runnerMetrics.workers, 1, { state })
}
