import { reasonOf } from './errors.ts'
import { linesLost } from './lines-lost.ts'
import type { LogEvent } from './log-event.ts'
import { UnrotatedLog } from './unrotated-log.ts'

/** How many promises may be open at a time: more is dropped, and counted. */
const MOST_PENDING = 65_536

/**
 * Hands each event to a function. One that throws, or whose promise is rejected, has
 * lost a line; it is told how many as soon as it takes events again.
 *
 * @internal
 */
export class ObserverLog extends UnrotatedLog {
  readonly path = 'logger'
  lost = 0
  readonly #observe: (event: LogEvent) => unknown
  readonly #pending = new Set<Promise<unknown>>()
  /** How many lines it has not been told of yet. */
  #unsaid = 0
  #reason = ''
  #closed: Promise<void> | undefined

  constructor(observe: (event: LogEvent) => unknown) {
    super()
    this.#observe = observe
  }

  write(event: LogEvent): void {
    if (this.#closed !== undefined) return
    if (this.#pending.size >= MOST_PENDING) {
      this.#lose(new Error('the logger is too slow'))
      return
    }
    if (this.#unsaid > 0) this.#confess()
    if (this.#unsaid === 0) this.#hand(event)
    else {
      this.#unsaid += 1
      this.lost += 1
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all(this.#pending).then(() => {})
    return this.#closed
  }

  #confess(): void {
    const text = linesLost(this.#unsaid, this.#reason)
    const before = { unsaid: this.#unsaid, lost: this.lost }
    this.#unsaid = 0
    if (this.#hand({ time: Date.now(), level: 'error', system: '-', text })) return
    // What it couldn't take was no line of anybody's.
    this.#unsaid = before.unsaid
    this.lost = before.lost
  }

  #hand(event: LogEvent): boolean {
    try {
      const result = this.#observe(event)
      if (isPromise(result)) this.#await(result)
      return true
    } catch (error) {
      this.#lose(error)
      return false
    }
  }

  #await(promise: PromiseLike<unknown>): void {
    const settled = Promise.resolve(promise)
      .catch((error: unknown) => this.#lose(error))
      .finally(() => this.#pending.delete(settled))
    this.#pending.add(settled)
  }

  #lose(error: unknown): void {
    this.#unsaid += 1
    this.lost += 1
    this.#reason = reasonOf(error)
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
