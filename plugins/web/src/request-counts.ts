import type { ServerResponse } from 'node:http'
import type { ServiceMetric } from 'runnerd'
import { statusOf } from './answered-status.ts'

const COUNTS: unique symbol = Symbol('counts')

type Counted = ServerResponse & { [COUNTS]: RequestCounts }

/** How many requests there were, by the class of their status. */
export class RequestCounts {
  /** From 1xx on; what nobody was there to hear is 499, as in the access log. */
  readonly #classes = [0, 0, 0, 0, 0]
  #underway = 0

  /** A request has come; it is counted when it has been answered, or given up. */
  began(response: ServerResponse): void {
    this.#underway += 1
    ;(response as Counted)[COUNTS] = this
    response.on('close', ended)
  }

  /** Whether it has come by {@link began}. */
  knows(response: ServerResponse): boolean {
    return COUNTS in response
  }

  ended(status: number): void {
    this.#underway -= 1
    this.refused(status)
  }

  /** What was no request has been answered. */
  refused(status: number): void {
    const at = Math.floor(status / 100) - 1
    if (this.#classes[at] !== undefined) this.#classes[at] += 1
  }

  *metrics(): Generator<ServiceMetric> {
    const help = 'Requests, by the class of their status.'
    for (const [index, value] of this.#classes.entries()) {
      const labels = { status: `${index + 1}xx` }
      yield { name: 'web_requests_total', help, type: 'counter', value, labels }
    }
    yield {
      name: 'web_requests_underway',
      help: 'Requests that are being answered.',
      type: 'gauge',
      value: this.#underway,
    }
  }
}

// Shared by all answers, which find their counts through `this`.
function ended(this: ServerResponse): void {
  ;(this as Counted)[COUNTS].ended(statusOf(this))
}
