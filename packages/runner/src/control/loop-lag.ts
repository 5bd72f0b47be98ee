/** How late the event loop was, in milliseconds, over the last minute or since the start. */
export interface LoopLag {
  /** At the last look, or now if that is worse. */
  readonly last: number
  readonly mean: number
  readonly max: number
  /** How many seconds this is about. */
  readonly seconds: number
}

const STEP = 1000
const MOST = 60

/**
 * Looks once a second how much later than it should a timer comes: work that
 * holds up the event loop holds up that as well. One timer a second costs nothing
 * that could be measured, and a first question finds an answer there already.
 */
export class LoopWatch {
  readonly #delays: number[] = []
  readonly #timer: NodeJS.Timeout
  #last = now()

  constructor() {
    this.#timer = setInterval(() => this.#look(), STEP).unref()
  }

  lag(): LoopLag {
    // The look that is due may be late because of what happens right now.
    const late = Math.max(0, now() - this.#last - STEP)
    const last = Math.max(late, this.#delays.at(-1) ?? 0)
    const delays = [...this.#delays, ...(late > 0 ? [late] : [])]
    const sum = delays.reduce((total, each) => total + each, 0)
    return {
      last: rounded(last),
      mean: rounded(delays.length === 0 ? 0 : sum / delays.length),
      max: rounded(Math.max(0, ...delays)),
      seconds: delays.length,
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const at = now()
    this.#delays.push(Math.max(0, at - this.#last - STEP))
    if (this.#delays.length > MOST) this.#delays.shift()
    this.#last = at
  }
}

/** In milliseconds. Node would load its perf_hooks for `performance`, at each start. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
