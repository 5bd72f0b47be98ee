import type { Complaint } from './complaint.ts'
import { firstGeneration, type Inheritance } from './inheritance.ts'
import { Life } from './life.ts'
import type { Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import { trace } from './trace.ts'

/** What hears how the start went: the daemon's parent, or an operator's terminal. */
export interface StartListener {
  started(): void
  failed(complaint: Complaint): void
}

/**
 * Runs an application from the open log to its end, in this process: the
 * daemon's part of a run, and all of it in the foreground.
 *
 * @param inheritance what it has from the generation before it, if it is a successor
 */
export async function run(
  plan: Plan,
  listener: StartListener,
  inheritance?: Inheritance,
): Promise<Outcome> {
  const life = await lifeOf(plan, inheritance)
  try {
    const outcome = await Promise.race([life.start(), life.end])
    if (outcome !== undefined) return await life.stop(outcome)
    trace('report')
    listener.started()
    life.open()
    return await life.stop(await life.end)
  } catch (error) {
    const complaint = await life.fail(error)
    listener.failed(complaint)
    return { status: complaint.status }
  }
}

async function lifeOf(plan: Plan, inheritance: Inheritance | undefined): Promise<Life> {
  if (inheritance !== undefined) return new Life(plan, inheritance)
  if (plan.settings.workers === undefined) return new Life(plan, firstGeneration())
  const { withWorkers } = await import('./run-workers.ts')
  const own = withWorkers(plan)
  return new Life(own.plan, own.inheritance)
}
