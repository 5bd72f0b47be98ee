import { linesWere } from './lines-lost.ts'
import type { LogEvent } from './log-event.ts'

/** Twisted keeps as many events from before its log is opened. */
export const BUFFER_SIZE = 65_536

/**
 * Keeps the newest events until somebody observes them.
 *
 * @internal
 */
export class EventBuffer {
  readonly #events: LogEvent[] = []
  #added = 0

  add(event: LogEvent): void {
    this.#events[this.#added % BUFFER_SIZE] = event
    this.#added += 1
  }

  /** The kept events in order, after a line that says how many were not kept. */
  *replay(): Generator<LogEvent> {
    const dropped = this.#added - this.#events.length
    for (let index = dropped; index < this.#added; index += 1) {
      const event = this.#events[index % BUFFER_SIZE]!
      if (index === dropped && dropped > 0) {
        const text = `${dropped} earlier log ${linesWere(dropped)} dropped: no log was open`
        yield { time: event.time, level: 'warn', system: '-', text }
      }
      yield event
    }
  }
}
