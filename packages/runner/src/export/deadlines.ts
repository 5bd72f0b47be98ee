import type { RunnerSettings } from '../plan.ts'
import { longestSilence } from '../stop-deadlines.ts'
import { timeToEnd } from '../workers/leaving-workers.ts'

/** What an engine waits longer than runner itself, in seconds, so that runner has the last word. */
const MARGIN = 5

/** For what a reload does besides: two generations for a moment, and the taking over. */
const OF_TAKING_OVER = 13

/**
 * How long a start may take, and a reload, which systemd gives as long: its check, and
 * then a start, or one of each worker after another. In whole seconds.
 */
export function startDeadline({ startTimeout, workers = 1 }: RunnerSettings): number {
  return Math.ceil((1 + workers) * startTimeout + OF_TAKING_OVER + workers) + MARGIN
}

/** How long a stop may take: longer than until runner ends by itself, whatever hangs. */
export function stopDeadline({ drainDelay, stopTimeout, workers }: RunnerSettings): number {
  // A parent of workers gives them their own time, see run-workers.ts.
  const own = workers === undefined ? stopTimeout : timeToEnd(stopTimeout) + 1
  return Math.ceil(drainDelay + longestSilence(own)) + MARGIN
}
