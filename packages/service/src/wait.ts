import { ServiceLateError } from './errors.ts'
import type { IService } from './i-service.ts'
import { servicePath } from './service-path.ts'
import { type Spent, stoppingOf } from './stopping.ts'

/** Node takes a longer time, in ms, for none at all. */
const LONGEST = 2 ** 31 - 1

/**
 * The wait for one service to do what it was asked, until it has or is given up.
 * A collection is not given up while it waits for a child that is.
 *
 * @internal
 */
export class Wait {
  readonly #service: IService
  readonly #givenUp: Promise<never>
  #reject!: (error: ServiceLateError) => void
  /** What `for` rejects with, once it is given up. */
  late: ServiceLateError | undefined
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(service: IService) {
    this.#service = service
    this.#givenUp = new Promise((_, reject) => {
      this.#reject = reject
    })
  }

  /** @throws ServiceLateError when it is given up, else what the work throws */
  async for(work: () => void | Promise<void>): Promise<void> {
    try {
      await Promise.race([work(), this.#givenUp])
    } finally {
      this.#over = true
      clearTimeout(this.#timer)
    }
  }

  /** Has `atEnd` called when that time is over, unless it is done or limited before. */
  limit(seconds: number, atEnd: () => void): void {
    this.#timer ??= setTimeout(atEnd, Math.min(seconds * 1000, LONGEST))
  }

  /** It has had its time: gives up what is late, this service or one below. */
  hurry(spent: Spent): void {
    if (this.#over) return
    clearTimeout(this.#timer)
    if (this.#waitsForChild(spent)) return
    // It may be done, and the event loop have been too busy to say so.
    setImmediate(() => {
      if (!this.#over && !this.#waitsForChild(spent)) this.giveUp(spent)
    })
  }

  #waitsForChild(spent: Spent): boolean {
    const done = stoppingOf(this.#service)?.hurry(spent)
    void done?.then(() => this.share(spent))
    return done !== undefined
  }

  giveUp({ seconds }: Spent): void {
    this.late = new ServiceLateError(servicePath(this.#service), seconds)
    this.#reject(this.late)
  }

  /** Gives it what a service may take of the time that all have left. */
  share(spent: Spent): void {
    if (this.#over) return
    stoppingOf(this.#service)?.hurry(spent)
    const share = (spent.until - performance.now()) / 2
    this.#timer = setTimeout(() => this.hurry(spent), Math.max(share, 1))
  }
}
