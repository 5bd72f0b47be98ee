import { log } from '@runnerd/logging'
import { graceAfter } from '@runnerd/service/stop-within'
import type { RunnerSettings } from '../plan.ts'
import { slackAfter } from '../stop-deadlines.ts'
import type { WorkerProcess } from './worker-process.ts'

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/**
 * How long workers may take to stop and to end, in seconds: a bit longer than it takes
 * one to end itself whose services hang, or loop.
 *
 * @param before what they may do before it, in seconds
 */
export function timeToEnd(stopTimeout: number, before = 0): number {
  const own = before + stopTimeout + graceAfter(stopTimeout)
  return own + slackAfter(own) + 1
}

/**
 * Workers that live and have no place any more: others serve in it. One that loops or
 * is halted hears nothing and would stay for ever, so that each is ended by SIGKILL
 * that takes longer than it may.
 */
export class LeavingWorkers {
  readonly #all = new Set<WorkerProcess>()

  get all(): readonly WorkerProcess[] {
    return [...this.#all]
  }

  /** Has one that serves drain and end. Resolves when it has heard so. */
  async retire(worker: WorkerProcess, settings: RunnerSettings): Promise<void> {
    const { drainTimeout, stopTimeout } = settings
    this.watch(worker, timeToEnd(stopTimeout, drainTimeout))
    await worker.retire()
  }

  /** @param seconds what one may take that is about to end */
  watch(worker: WorkerProcess, seconds: number): void {
    if (worker.state === 'ended') return
    this.#all.add(worker)
    const late = setTimeout(() => endLate(worker), Math.min(seconds * 1000, LONGEST))
    worker.ended.then(() => {
      clearTimeout(late)
      this.#all.delete(worker)
    })
  }
}

function endLate(worker: WorkerProcess): void {
  const { number, generation } = worker.order
  log.error(
    `Worker ${number} with pid ${worker.pid} of generation ${generation} has not ended in time. Ending it by SIGKILL.`,
  )
  worker.kill()
}
