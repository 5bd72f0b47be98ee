import { log } from '@runnerd/logging'
import { complaintOf } from '../complaint.ts'
import type { End } from '../generation.ts'
import { MOST_RESTARTS, Restarts, WHILE } from './restarts.ts'
import type { SilenceWatch } from './silence.ts'
import type { WorkerProcess } from './worker-process.ts'
import type { WorkerFacts } from './worker-terms.ts'

/** Who has the slots. */
export interface SlotKeeper {
  /** The longest that a worker may take to start, in seconds, once the first have. */
  readonly startTimeout: number
  /** Ends those that hang. */
  readonly silence: SilenceWatch
  /** A new worker with this number, of what is run now. */
  make(number: number): WorkerProcess
  /** Nothing is tried any more. */
  giveUp(slot: WorkerSlot): void
}

/** The place of one worker, which is filled again when it ends. */
export class WorkerSlot {
  readonly number: number
  readonly restarts: Restarts = new Restarts()
  current: WorkerProcess | undefined
  readonly #keeper: SlotKeeper
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(number: number, keeper: SlotKeeper) {
    this.number = number
    this.#keeper = keeper
  }

  /** Starts the first worker. @throws why it has not started */
  async start(): Promise<WorkerFacts> {
    const worker = this.#keeper.make(this.number)
    this.current = worker
    const facts = await worker.start(undefined)
    log.msg(`Worker ${this.number} with pid ${worker.pid} serves.`)
    this.#watch(worker)
    return facts
  }

  /** Puts a worker that serves in the place of the one there is, which is returned. */
  put(next: WorkerProcess): WorkerProcess | undefined {
    clearTimeout(this.#timer)
    const before = this.current
    this.current = next
    this.#watch(next)
    return before
  }

  /** Nothing comes into this place any more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #watch(worker: WorkerProcess): void {
    const from = performance.now()
    this.#keeper.silence.watch(worker)
    worker.ended.then((end) => {
      if (!this.#isTheOne(worker)) return
      const name = `Worker ${this.number} with pid ${worker.pid}`
      // While it hung it served nobody.
      const served = (performance.now() - from) / 1000 - worker.silent
      this.#comeAgain(`${name} ${howEnded(end)}`, served)
    })
  }

  #isTheOne(worker: WorkerProcess): boolean {
    return this.current === worker && !this.#closed
  }

  #comeAgain(what: string, served: number): void {
    const wait = this.restarts.next(served)
    if (wait === undefined) {
      log.error(`${what}.`)
      log.error(
        `Giving up: worker ${this.number} was started again ${MOST_RESTARTS} times in a row and never served for ${WHILE} seconds.`,
      )
      this.#keeper.giveUp(this)
      return
    }
    log.error(`${what}; the next one is started in ${wait.toFixed(2)} seconds.`)
    this.#timer = setTimeout(() => void this.#startAgain(), wait * 1000)
  }

  async #startAgain(): Promise<void> {
    const worker = this.#keeper.make(this.number)
    this.current = worker
    try {
      await worker.start(this.#keeper.startTimeout)
      if (!this.#isTheOne(worker)) return
      log.msg(`Worker ${this.number} with pid ${worker.pid} serves again.`)
      this.#watch(worker)
    } catch (error) {
      if (!this.#isTheOne(worker)) return
      const { line } = complaintOf(error, `cannot start worker ${this.number}`)
      this.#comeAgain(line, 0)
    }
  }
}

/** In words. */
export function howEnded(end: End | undefined): string {
  if (end === undefined || end.signal === null) return `exited with status ${end?.status}`
  return `was ended by ${end.signal}`
}
