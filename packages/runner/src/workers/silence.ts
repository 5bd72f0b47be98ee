import { log } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import type { WorkerProcess } from './worker-process.ts'
import { pulseOf } from './worker-terms.ts'

interface Watched {
  /** How often it had beaten at the last look. */
  beats: number
  /** Since then nothing was heard, in seconds. */
  silent: number
}

/**
 * Ends workers that are silent for too long while they serve: one whose event loop
 * stands still accepts connections no more, or keeps them waiting, and notices nothing.
 *
 * Silence is what this process has lived through itself: a look that comes late, since
 * the machine was suspended or is busy, counts as no more than two, and it takes one
 * more look after the time is up.
 */
export class SilenceWatch {
  readonly #timeout: number
  readonly #pulse: number
  readonly #watched = new Map<WorkerProcess, Watched>()
  #timer: NodeJS.Timeout | undefined
  #lookedAt = 0

  /** @param timeout in seconds; 0 for no watch */
  constructor(timeout: number) {
    this.#timeout = timeout
    this.#pulse = pulseOf(timeout)
  }

  /** From now on, until it ends or is to end. */
  watch(worker: WorkerProcess): void {
    if (this.#timeout === 0 || worker.state === 'ended') return
    this.#watched.set(worker, { beats: worker.beats, silent: 0 })
    worker.ended.then(() => this.#leave(worker))
    if (this.#timer !== undefined) return
    this.#lookedAt = performance.now()
    this.#timer = setInterval(() => this.#look(), this.#pulse * 1000).unref()
  }

  #leave(worker: WorkerProcess): void {
    this.#watched.delete(worker)
    if (this.#watched.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = performance.now()
    const passed = Math.min((now - this.#lookedAt) / 1000, 2 * this.#pulse)
    this.#lookedAt = now
    for (const [worker, watched] of this.#watched) {
      // What is stopping, or drains, has deadlines of its own.
      if (worker.state === 'running') this.#listen(worker, watched, passed)
    }
  }

  #listen(worker: WorkerProcess, watched: Watched, passed: number): void {
    if (worker.beats !== watched.beats || worker.mayBeSilent) {
      watched.beats = worker.beats
      watched.silent = 0
      return
    }
    const isOver = watched.silent > this.#timeout
    watched.silent += passed
    if (!isOver) return
    this.#watched.delete(worker)
    const who = `Worker ${worker.order.number} with pid ${worker.pid}`
    log.error(
      `${who} has been silent for ${counted(this.#timeout, 'second')}. Ending it by SIGKILL.`,
    )
    worker.killSilent(watched.silent)
  }
}
