/** When a process counts as failing, and how long it then waits, in seconds. */
export interface RestartPolicy {
  /** Whoever lives for less has failed. */
  readonly threshold: number
  readonly minRestartDelay: number
  readonly maxRestartDelay: number
}

/**
 * How long a process waits before it is started again: not at all if it has lived for
 * the threshold; else the least delay, and twice as long with each failure after that.
 *
 * @see Twisted's `ProcessMonitor.connectionLost`
 */
export class RestartDelay {
  readonly #policy: RestartPolicy
  #delay: number

  constructor(policy: RestartPolicy) {
    this.#policy = policy
    this.#delay = policy.minRestartDelay
  }

  /** @param lived - for how many seconds it has run; 0 if it could not be started */
  after(lived: number): number {
    const { threshold, minRestartDelay, maxRestartDelay } = this.#policy
    if (lived >= threshold) {
      this.#delay = minRestartDelay
      return 0
    }
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, maxRestartDelay)
    return delay
  }
}
