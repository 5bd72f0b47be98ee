import { addObserver, type LogEvent } from '@runnerd/logging'
import type { LogCounts } from '../log-counts.ts'

/** How many lines are kept, and how much of each, in characters. */
const MOST = 200
const LONGEST = 1000

/** A line of the log, as the page has it. */
export interface LogLine extends Pick<LogEvent, 'level' | 'system' | 'text'> {
  /** In ms since 1970. */
  readonly time: number
  /** Of which worker it is. */
  readonly worker?: number
}

/** The newest lines of the log, kept from now on: at most 200 kB. */
export class LogTail {
  readonly #ring: LogLine[] = []

  /** @param counts knows the levels that are logged */
  constructor(counts: LogCounts) {
    addObserver(
      (event) => this.#add(event),
      (level) => counts.accepts(level),
    )
  }

  get lines(): readonly LogLine[] {
    return [...this.#ring]
  }

  #add({ time, level, system, text }: LogEvent): void {
    this.#ring.push({ time, level, system, text: text.slice(0, LONGEST) })
    if (this.#ring.length > MOST) this.#ring.shift()
  }
}

/** The newest of several processes, in the order of time. */
export function newestOf(tails: readonly (readonly LogLine[])[]): LogLine[] {
  return tails
    .flat()
    .sort((a, b) => a.time - b.time)
    .slice(-MOST)
}
