import { log } from '@runnerd/logging'
import { checkLaunch } from '../check-launch.ts'
import { complaintOf } from '../complaint.ts'
import { ExitStatus } from '../exit-status.ts'
import { beingStopped, endedEarly } from '../reload-errors.ts'
import type { Crew } from './crew.ts'
import { timeToEnd } from './leaving-workers.ts'
import type { WorkerProcess } from './worker-process.ts'
import type { WorkerSlot } from './worker-slot.ts'

/** How long the first new worker serves beside the old ones before the first of them goes, in seconds. */
const SETTLING = 1

/** And each after it: what ends just after it was ready has done so before. */
const SETTLING_AGAIN = 0.2

const JUST_AFTER = 'just after it was ready'

/**
 * One reload of a crew: the words are checked, then one worker after another is
 * replaced by one that has read them anew, and that serves before the old one drains.
 *
 * The first new worker is the canary: if it fails, all is as it was. If a later one
 * fails, those that were replaced stay so, for nobody has their old code any more, and
 * the others go on as they are.
 */
export class RollingReload {
  readonly #crew: Crew
  #ended = false
  #endUnderway: (() => Promise<void>) | undefined

  constructor(crew: Crew) {
    this.#crew = crew
  }

  /** @throws what a reload that failed is to say */
  async run(): Promise<void> {
    const { slots } = this.#crew
    await this.#check()
    for (const [replaced, slot] of slots.entries()) {
      try {
        await this.#replace(slot, replaced === 0)
      } catch (error) {
        throw replaced === 0 || this.#ended ? error : halfWay(error, slot, slots.length)
      }
    }
    log.msg(`Generation ${this.#crew.generation} serves.`)
  }

  /** Ends what is going on; what was replaced stays so. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#endUnderway?.()
  }

  async #check(): Promise<void> {
    const { plan, environment, startTimeout } = this.#crew
    const check = checkLaunch(plan.launch, environment, startTimeout)
    this.#endUnderway = check.end
    try {
      await check.passed
    } catch (error) {
      throw this.#ended ? beingStopped() : error
    }
  }

  async #replace(slot: WorkerSlot, isFirst: boolean): Promise<void> {
    if (this.#ended) throw beingStopped()
    const crew = this.#crew
    const next = crew.make(slot.number, isFirst)
    this.#endUnderway = () => next.end()
    try {
      const { plan } = await next.start(crew.startTimeout)
      await settle(next, isFirst ? SETTLING : SETTLING_AGAIN)
      if (isFirst) crew.take(plan, next.order.generation)
    } catch (error) {
      // It may have begun to stop, and not be at the end.
      crew.leaving.watch(next, timeToEnd(crew.plan.settings.stopTimeout))
      throw this.#ended ? beingStopped() : error
    }
    this.#endUnderway = undefined
    const before = slot.put(next)
    log.msg(`Worker ${slot.number} with pid ${next.pid} has taken over.`)
    if (before) await crew.leaving.retire(before, crew.plan.settings)
  }
}

/** Both serve for a moment: what ends at once has not been ready. */
async function settle(next: WorkerProcess, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const settled = new Promise((resolve) => {
    timer = setTimeout(resolve, seconds * 1000)
  })
  const early = next.ended.then((end) => {
    throw endedEarly(end, JUST_AFTER)
  })
  // It may take its time to stop.
  const done = next.done.then(() => {
    throw Object.assign(new Error(`it stopped itself ${JUST_AFTER}`), {
      exitStatus: ExitStatus.SOFTWARE,
    })
  })
  // They will come one day.
  early.catch(() => {})
  done.catch(() => {})
  try {
    await Promise.race([early, done, settled])
  } finally {
    clearTimeout(timer)
  }
}

function halfWay(error: unknown, { number }: WorkerSlot, count: number): Error {
  const { line, status } = complaintOf(error, 'cannot start')
  const reason = line.replace(/^cannot (load|start|run) .*?: /, '')
  const old = number === count ? `worker ${number} goes` : `workers ${number} to ${count} go`
  return Object.assign(new Error(`worker ${number} of ${count}: ${reason}`), {
    exitStatus: status,
    hint: `${old} on as before, the others are of the new generation; reload again when it is mended`,
  })
}
